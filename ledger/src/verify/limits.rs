//! What was in force when: settings of accounts, and limit groups with their totals.

use std::collections::{HashMap, VecDeque};

use foldhash::fast::RandomState;

use crate::account::{Frozen, Limits, NormalSide};
use crate::balance::{Balance, GroupTotals, Span};

use super::Finding;

/// Something that is in force from some entry on.
pub enum Change {
    /// A setting of an account, by its place among the accounts.
    Setting { account: usize, limits: Limits, closed: bool, frozen: Frozen },
    /// A limit group.
    Group { name: Box<str>, side: NormalSide, limits: Limits, members: Vec<usize> },
}

/// All changes, in the order in which they come into force. Settings and groups are two histories, each in order.
#[derive(Default)]
pub struct Changes {
    settings: VecDeque<(i64, Change)>,
    groups: VecDeque<(i64, Change)>,
}

impl Changes {
    /// Adds one behind those of its kind.
    pub fn push(&mut self, after_sequence: i64, change: Change) {
        match change {
            Change::Setting { .. } => self.settings.push_back((after_sequence, change)),
            Change::Group { .. } => self.groups.push_back((after_sequence, change)),
        }
    }

    /// The next that is in force for an entry.
    pub fn next_before(&mut self, sequence: i64) -> Option<Change> {
        [&mut self.settings, &mut self.groups].into_iter().find_map(|changes| {
            let (after_sequence, _) = changes.front()?;
            if *after_sequence < sequence { changes.pop_front().map(|(_, change)| change) } else { None }
        })
    }
}

struct Group {
    name: Box<str>,
    side: NormalSide,
    limits: Limits,
    members: Vec<usize>,
    totals: GroupTotals,
    /// The totals before the entry in hand, if that has touched it.
    before: Option<GroupTotals>,
}

/// The limit groups in force, by name.
#[derive(Default)]
pub struct Groups {
    by_name: Vec<Group>,
    of_account: HashMap<usize, Vec<usize>, RandomState>,
    touched: Vec<usize>,
}

impl Groups {
    /// Puts a group in force instead of the one of its name; its totals are those of its members now.
    pub fn set(
        &mut self,
        name: Box<str>,
        side: NormalSide,
        limits: Limits,
        members: Vec<usize>,
        balance: impl Fn(usize) -> Balance,
    ) {
        let mut totals = GroupTotals::default();
        for member in &members {
            totals.replace(&Balance::default(), &balance(*member));
        }
        self.by_name.retain(|group| group.name != name);
        self.by_name.push(Group { name, side, limits, members, totals, before: None });
        // In order of their names, as turns check them.
        self.by_name.sort_by(|one, other| one.name.cmp(&other.name));
        self.of_account.clear();
        for (index, group) in self.by_name.iter().enumerate() {
            for member in &group.members {
                self.of_account.entry(*member).or_default().push(index);
            }
        }
    }

    /// Counts an account with one balance instead of another in the groups that it is in.
    pub fn replace(&mut self, account: usize, before: &Balance, after: &Balance) {
        let Some(groups) = self.of_account.get(&account) else { return };
        for &index in groups {
            let group = &mut self.by_name[index];
            if group.before.is_none() {
                group.before = Some(group.totals);
                self.touched.push(index);
            }
            group.totals.replace(before, after);
        }
    }

    /// Asks about each group that was touched since the last time: its name, its limits, what it could come to before
    /// and can now.
    pub fn check_touched(
        &mut self,
        check: impl Fn(&str, Limits, Span, Span) -> Result<(), Finding>,
    ) -> Result<(), Finding> {
        self.touched.sort_unstable();
        for index in self.touched.drain(..) {
            let group = &mut self.by_name[index];
            let before = group.before.take().unwrap_or(group.totals);
            check(&group.name, group.limits, before.span(group.side), group.totals.span(group.side))?;
        }
        Ok(())
    }
}
