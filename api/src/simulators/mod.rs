//! Outside systems as programs of their own on a socket, for the demo, the tests and the sandbox.

pub mod insurer;
