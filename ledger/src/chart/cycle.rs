//! Cycles among nodes of which each has at most one parent. Linear, without recursion.

/// Every cycle once: each node followed by its parent, from the node with the smallest number. Ordered by that number.
pub(super) fn cycles(parents: &[Option<usize>]) -> Vec<Vec<usize>> {
    let mut first_seen_from: Vec<Option<usize>> = vec![None; parents.len()];
    let mut cycles = Vec::new();
    for start in 0..parents.len() {
        let mut next = Some(start);
        while let Some(node) = next.filter(|node| first_seen_from[*node].is_none()) {
            first_seen_from[node] = Some(start);
            next = parents[node];
        }
        if let Some(node) = next.filter(|node| first_seen_from[*node] == Some(start)) {
            cycles.push(from_smallest(parents, node));
        }
    }
    cycles.sort();
    cycles
}

fn from_smallest(parents: &[Option<usize>], member: usize) -> Vec<usize> {
    let others = std::iter::successors(parents[member], |node| parents[*node]).take_while(|node| *node != member);
    let mut cycle: Vec<usize> = std::iter::once(member).chain(others).collect();
    let smallest = cycle.iter().enumerate().min_by_key(|(_, node)| **node).map_or(0, |(place, _)| place);
    cycle.rotate_left(smallest);
    cycle
}

/// A cycle in full: `a > b > a`.
pub(super) fn in_full<'a>(codes: impl Iterator<Item = &'a str> + Clone) -> String {
    let closed = codes.clone().chain(codes.take(1));
    closed.collect::<Vec<_>>().join(" > ")
}
