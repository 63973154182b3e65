//! Real files from outside, which lie beside the project and may be absent.

use std::fs;

use crate::project_root;

/// The bytes of `../shared/samples/PATH`, seen from the project's root; `None`, said on stderr, where it is absent.
///
/// A test that gets `None` passes over the sample.
pub fn sample(path: &str) -> Option<Vec<u8>> {
    let file = project_root().join("../shared/samples").join(path);
    match fs::read(&file) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            eprintln!("passed over: the sample {path} is not at hand ({error})");
            None
        }
    }
}
