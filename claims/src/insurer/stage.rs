//! Where an insurer stands: on its way in, live, suspended, or gone. Pure.
//!
//! A stage is never stored; it is where the last step led to, with that step as its evidence.

use jiff::Timestamp;

/// Where an insurer stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Its papers are collected.
    Onboarding,
    /// It takes part.
    Live,
    /// No new advances; what was begun goes on.
    Suspended,
    /// The contract is over, and nothing is open.
    Closed,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Stage; 4] = [Stage::Onboarding, Stage::Live, Stage::Suspended, Stage::Closed];

    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Onboarding => "ONBOARDING",
            Stage::Live => "LIVE",
            Stage::Suspended => "SUSPENDED",
            Stage::Closed => "CLOSED",
        }
    }

    /// The inverse of [`Stage::word`].
    pub fn from_word(word: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.word() == word)
    }
}

/// What leads from stage to stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StageAct {
    /// All papers are accepted. Takes two people.
    GoLive,
    /// Something is wrong. Takes one person, and counts at once.
    Suspend,
    /// It is right again. Takes two people.
    Lift,
    /// The contract is over. Takes two people.
    Close,
}

impl StageAct {
    /// Every act.
    pub const ALL: [StageAct; 4] = [StageAct::GoLive, StageAct::Suspend, StageAct::Lift, StageAct::Close];

    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            StageAct::GoLive => "go_live",
            StageAct::Suspend => "suspend",
            StageAct::Lift => "lift",
            StageAct::Close => "close",
        }
    }

    /// The inverse of [`StageAct::word`].
    pub fn from_word(word: &str) -> Option<StageAct> {
        StageAct::ALL.into_iter().find(|act| act.word() == word)
    }
}

/// Where an act leads; `None` if it does not happen in this stage. The database has the same list.
pub fn next(stage: Stage, act: StageAct) -> Option<Stage> {
    match (stage, act) {
        (Stage::Onboarding, StageAct::GoLive) | (Stage::Suspended, StageAct::Lift) => Some(Stage::Live),
        (Stage::Live, StageAct::Suspend) => Some(Stage::Suspended),
        (Stage::Suspended, StageAct::Close) => Some(Stage::Closed),
        (Stage::Onboarding, StageAct::Suspend | StageAct::Lift | StageAct::Close)
        | (Stage::Live, StageAct::GoLive | StageAct::Lift | StageAct::Close)
        | (Stage::Suspended, StageAct::GoLive | StageAct::Suspend)
        | (Stage::Closed, _) => None,
    }
}

/// A step on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StageStep {
    /// From 1, without gaps.
    pub step_no: i32,
    /// What was done.
    pub act: StageAct,
    /// Where it led to.
    pub to: Stage,
    /// The proposal, where it took two people.
    pub proposal_no: Option<i32>,
    /// Why.
    pub reason: String,
    /// Who did it; of two people the one who approved.
    pub actor: String,
    /// When.
    pub recorded_at: Timestamp,
}

/// A stage, and the step that led there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StageView {
    /// The stage.
    pub stage: Stage,
    /// What led there; nothing did to the first stage.
    pub because: Option<StageStep>,
}

/// Where these steps of one insurer have led.
pub fn stage(steps: &[StageStep]) -> StageView {
    let last = steps.iter().max_by_key(|step| step.step_no);
    StageView { stage: last.map_or(Stage::Onboarding, |step| step.to), because: last.cloned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_knows_what_leads_out_of_it() {
        let mut legal = Vec::new();
        for stage in Stage::ALL {
            for act in StageAct::ALL {
                if let Some(to) = next(stage, act) {
                    legal.push(format!("{} {} {}", act.word(), stage.word(), to.word()));
                }
            }
        }
        assert_eq!(
            legal,
            ["go_live ONBOARDING LIVE", "suspend LIVE SUSPENDED", "lift SUSPENDED LIVE", "close SUSPENDED CLOSED"]
        );
    }

    #[test]
    fn a_stage_is_where_the_last_step_led_and_says_which() {
        assert_eq!(stage(&[]), StageView { stage: Stage::Onboarding, because: None });
        let step = |step_no, act, to| StageStep {
            step_no,
            act,
            to,
            proposal_no: None,
            reason: "fraud inquiry".to_owned(),
            actor: "li".to_owned(),
            recorded_at: Timestamp::UNIX_EPOCH,
        };
        let steps = [step(2, StageAct::Suspend, Stage::Suspended), step(1, StageAct::GoLive, Stage::Live)];
        let view = stage(&steps);
        assert_eq!((view.stage, view.because), (Stage::Suspended, Some(steps[0].clone())));
    }

    #[test]
    fn words_lead_back() {
        assert!(Stage::ALL.into_iter().all(|stage| Stage::from_word(stage.word()) == Some(stage)));
        assert!(StageAct::ALL.into_iter().all(|act| StageAct::from_word(act.word()) == Some(act)));
    }
}
