//! `dianfu operator`: the people of the platform, their roles, and what was done by whom.

use clap::{Args, Subcommand, value_parser};
use dianfu_api::auth::conflict::duty_conflicts;
use dianfu_api::auth::operator::{self, By, OperatorNo, OperatorRefusal};
use dianfu_api::wire::act::ActPageBody;
use dianfu_api::wire::operator::{DutyConflictBody, DutyConflictsBody, OperatorBody, OperatorsBody};
use dianfu_claims::act::{self, ActFilter};
use dianfu_ledger::clock;
use jiff::Timestamp;

use super::arguments::{instant, person};
use super::desk::Desk;
use super::ending::{Answer, No, note};
use super::print::{Column, Output, Sheet};
use super::token::Role;

/// Say who works here, in which roles, and see what was done by whom
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu operator create lin --name 'Lin Yue' --role finance
  dianfu operator grant lin --role reviewer --reason 'Mei is away' --ends-at 2026-06-01T00:00:00Z
  dianfu operator end lin --reason 'left us'
  dianfu operator conflicts")]
pub enum Operator {
    Create(Create),
    Grant(Grant),
    End(End),
    /// List everybody who was ever here, with the roles that they hold
    #[command(after_help = "\
Example:
  dianfu operator list --format json")]
    List {
        #[command(flatten)]
        output: Output,
    },
    /// List who holds roles on both sides of what takes two people
    #[command(after_help = "\
Example:
  dianfu operator conflicts")]
    Conflicts {
        #[command(flatten)]
        output: Output,
    },
    Acts(Acts),
}

/// Put a person on record, with roles
///
/// The same again is fine. A person may do something over HTTP when he has a role and a token (`dianfu token create`).
#[derive(Args)]
#[command(after_help = "\
Example:
  dianfu operator create lin --name 'Lin Yue' --role finance --reason 'joins finance'")]
pub struct Create {
    /// The name in everything that he does
    #[arg(value_parser = person)]
    operator: OperatorNo,
    /// The name for people
    #[arg(long)]
    name: String,
    /// A role that he holds; may be given more than once
    #[arg(long, value_enum)]
    role: Vec<Role>,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", default_value = "put on record at the shell")]
    reason: String,
}

/// Give a person a role
#[derive(Args)]
#[command(after_help = "\
Example:
  dianfu operator grant lin --role reviewer --reason 'Mei is away' --ends-at 2026-06-01T00:00:00Z")]
pub struct Grant {
    /// Who
    #[arg(value_parser = person)]
    operator: OperatorNo,
    /// The role
    #[arg(long, value_enum)]
    role: Role,
    /// When it ends by itself; when somebody ends it, if left out
    #[arg(long, value_name = "TIME", value_parser = instant)]
    ends_at: Option<Timestamp>,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// End a role of a person, or all of his time here; his tokens of it are good no more, at once
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu operator end lin --role reviewer --reason 'Mei is back'
  dianfu operator end lin --reason 'left us'")]
pub struct End {
    /// Who
    #[arg(value_parser = person)]
    operator: OperatorNo,
    /// The role; all, and the person with them, if left out
    #[arg(long, value_enum)]
    role: Option<Role>,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// List what people have done besides entries and events of claims, newest first
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu operator acts --actor person:lin
  dianfu operator acts --subject-kind operator --subject-no mei --format json")]
pub struct Acts {
    /// Only those of this actor
    #[arg(long)]
    actor: Option<String>,
    /// Only those that did this
    #[arg(long)]
    what: Option<String>,
    /// Only those to this kind of thing
    #[arg(long)]
    subject_kind: Option<String>,
    /// Only those to the thing of this number
    #[arg(long)]
    subject_no: Option<String>,
    /// Only those from this time on
    #[arg(long, value_name = "TIME", value_parser = instant)]
    from: Option<Timestamp>,
    /// Only those before this time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    to: Option<Timestamp>,
    /// Those before this number
    #[arg(long, value_name = "NUMBER")]
    before: Option<i64>,
    /// At most this many, 1 to 1000
    #[arg(long, value_name = "ROWS", default_value_t = 100, value_parser = value_parser!(u16).range(1..=1000))]
    limit: u16,
    #[command(flatten)]
    output: Output,
}

const OPERATORS: Sheet = Sheet {
    above: &[],
    rows: "operators",
    columns: &[
        Column::Text("operator"),
        Column::Text("name"),
        Column::Text("holds"),
        Column::Text("registered_at"),
        Column::Text("ends_at"),
    ],
    totals: None,
    below: &[],
    empty: "There is nobody yet: dianfu operator create NAME --name TEXT --role ROLE",
};

const CONFLICTS: Sheet = Sheet {
    above: &["at"],
    rows: "conflicts",
    columns: &[Column::Text("operator"), Column::Text("name"), Column::Text("holds"), Column::Text("duties")],
    totals: None,
    below: &[],
    empty: "Nobody holds roles on both sides of a duty.",
};

const ACTS: Sheet = Sheet {
    above: &[],
    rows: "acts",
    columns: &[
        Column::Number("act_no"),
        Column::Text("acted_at"),
        Column::Text("actor"),
        Column::Text("what"),
        Column::Text("subject_kind"),
        Column::Text("subject_no"),
        Column::Text("reason"),
    ],
    totals: None,
    below: &["next"],
    empty: "Nothing was done.",
};

impl Operator {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        match self {
            Operator::Create(create) => create.run(desk).await,
            Operator::Grant(grant) => grant.run(desk).await,
            Operator::End(end) => end.run(desk).await,
            Operator::List { output } => list(desk, output).await,
            Operator::Conflicts { output } => conflicts(desk, output).await,
            Operator::Acts(acts) => acts.run(desk).await,
        }
    }
}

impl Create {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let (mut client, actor) = (desk.client().await?, Desk::actor());
        let (operator_no, by) = (&self.operator, by(&actor, &self.reason));
        let is_new =
            operator::create(&mut client, operator_no, &self.name, by).await?.map_err(|refusal| no(&refusal))?;
        for role in &self.role {
            operator::grant(&mut client, operator_no, (*role).into(), None, by)
                .await?
                .map_err(|refusal| no(&refusal))?;
        }
        note(&format!("{operator_no} {} on record", if is_new { "is now" } else { "was" }));
        Ok(Answer::Yes)
    }
}

impl Grant {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let (mut client, actor) = (desk.client().await?, Desk::actor());
        let by = by(&actor, &self.reason);
        let granted = operator::grant(&mut client, &self.operator, self.role.into(), self.ends_at, by).await?;
        let is_new = granted.map_err(|refusal| no(&refusal))?;
        note(&format!("{} {} the role", self.operator, if is_new { "now holds" } else { "held" }));
        Ok(Answer::Yes)
    }
}

impl End {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let (mut client, actor) = (desk.client().await?, Desk::actor());
        let role = self.role.map(Into::into);
        let ended = operator::end(&mut client, &self.operator, role, by(&actor, &self.reason)).await?;
        let is_new = ended.map_err(|refusal| no(&refusal))?;
        note(if is_new { "it has ended" } else { "it had ended before" });
        Ok(Answer::Yes)
    }
}

impl Acts {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let filter = ActFilter {
            actor: self.actor.clone(),
            what: self.what.clone(),
            subject_kind: self.subject_kind.clone(),
            subject_no: self.subject_no.clone(),
            from: self.from,
            to: self.to,
        };
        let page = act::acts(&desk.client().await?, &filter, self.before, self.limit).await?;
        self.output.print(&ActPageBody::from(page), &ACTS)?;
        Ok(Answer::Yes)
    }
}

async fn list(desk: &Desk, output: &Output) -> anyhow::Result<Answer> {
    let (operators, now) = (operator::operators(&**desk.client().await?).await?, clock::now());
    let operators = operators.into_iter().map(|operator| OperatorBody::at(operator, now)).collect();
    output.print(&OperatorsBody { operators }, &OPERATORS)?;
    Ok(Answer::Yes)
}

async fn conflicts(desk: &Desk, output: &Output) -> anyhow::Result<Answer> {
    let at = clock::now();
    let conflicts = duty_conflicts(&**desk.client().await?, at).await?;
    let conflicts = conflicts.into_iter().map(DutyConflictBody::from).collect();
    output.print(&DutyConflictsBody { at, conflicts }, &CONFLICTS)?;
    Ok(Answer::Yes)
}

fn by<'a>(actor: &'a str, reason: &'a str) -> By<'a> {
    By { actor, reason, request_id: None, now: clock::now() }
}

fn no(refusal: &OperatorRefusal) -> No {
    let said = No::new(refusal.to_string());
    match refusal {
        OperatorRefusal::Unknown(_) => said.next("`dianfu operator list` shows who is on record"),
        _ => said,
    }
}
