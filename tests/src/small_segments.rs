//! Segments of a few entries: a book of some dozen entries then has sealed segments, summed up in every way.

use tokio_postgres::Client;

/// The numbers in the functions of the migrations that say how large things are, and what they become.
const SIZES: [(&str, &str, &str); 4] = [
    ("open_segment", "entries constant bigint := 131072", "entries constant bigint := $"),
    ("summarise_segment", "busy constant integer := 256", "busy constant integer := 2"),
    ("summarise_segment", "part_looked_at constant integer := 16", "part_looked_at constant integer := 1"),
    ("summarise_segment", "entries_an_account constant integer := 4", "entries_an_account constant integer := 0"),
];

/// Makes the segments that the book opens from now on take so many entries. `owner` has the book as its search path.
pub async fn cut_segments(owner: &Client, entries: u32) {
    for (function, size, small) in SIZES {
        rewrite(owner, function, size, &small.replace('$', &entries.to_string())).await;
    }
}

/// Puts some words of one of the migrations' functions in the place of others. `owner` has the book as its search path.
///
/// Panics if the function does not have them.
pub async fn rewrite(owner: &Client, function: &str, words: &str, others: &str) {
    let sql = "SELECT pg_get_functiondef(to_regproc($1))";
    let definition: String = owner.query_one(sql, &[&function]).await.expect(function).get(0);
    assert!(definition.contains(words), "{function} says {words}");
    owner.batch_execute(&definition.replace(words, others)).await.expect(function);
}

/// Seals and sums up all that is full.
pub async fn tend(owner: &Client) {
    let one = async |function: &str| -> bool {
        let answer = owner.query_one(&format!("SELECT {function}()"), &[]).await;
        answer.expect(function).get(0)
    };
    while one("tend_segments").await || one("summarise_segment").await {}
}
