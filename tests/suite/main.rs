//! Everything that is tested on the shared throwaway server.

mod connections;
