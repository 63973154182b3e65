//! The second person is neither the first reviewer nor who took the claim in, whoever asks and however.

use dianfu_claims::review_queue::task::TaskKind;

use super::queue::{desk_with_tasks, finish, later, next, open, take, task};
use crate::claims::fixture::{Desk, now};

/// A claim that `intake` took in and `wang` reviewed first, with a task for a second person.
async fn reviewed() -> Desk {
    let desk = desk_with_tasks(1, TaskKind::First).await;
    let key = next(&desk, "wang", TaskKind::First, now()).await.unwrap().key;
    finish(&desk, &key, "wang", later(1)).await.unwrap();
    open(&desk, &[task(1, TaskKind::Second, 1)]).await.remove(0).unwrap();
    desk
}

#[tokio::test]
async fn a_second_review_follows_a_first() {
    let desk = desk_with_tasks(1, TaskKind::First).await;
    let early = open(&desk, &[task(1, TaskKind::Second, 1)]).await.remove(0);
    assert_eq!(early.unwrap_err().code(), "no_first_review");
    assert_eq!(desk.count("review_task").await, 1);
}

#[tokio::test]
async fn the_queue_gives_it_to_somebody_else() {
    let desk = reviewed().await;
    for who in ["wang", "intake"] {
        assert_eq!(next(&desk, who, TaskKind::Second, later(2)).await, None, "{who}");
    }
    let task = next(&desk, "li", TaskKind::Second, later(2)).await.unwrap();
    assert_eq!((task.first_reviewer.as_deref(), task.intake_by.as_str()), (Some("wang"), "intake"));
    for who in ["wang", "intake"] {
        assert_eq!(take(&desk, &task.key, who, later(60)).await.unwrap_err().code(), "second_is_another", "{who}");
    }
    finish(&desk, &task.key, "li", later(3)).await.unwrap();
}

#[tokio::test]
async fn the_database_refuses_what_the_program_would_not_do() {
    let desk = reviewed().await;
    let owner = desk.owner().await;
    let set = |columns: &str| {
        format!(
            "UPDATE review_task SET {columns}, act_no = act_no + 1
             WHERE kind = 'second' AND done_at IS NULL"
        )
    };
    let taken = |who: &str| format!("taken_by = '{who}', taken_at = now(), taken_until = now() + interval '1 hour'");
    for (statement, constraint) in [
        (set(&taken("wang")), "review_task_second_is_another"),
        (set(&taken("intake")), "review_task_second_is_another"),
        (set("done_by = 'li', done_at = now(), outcome = 'approved'"), "review_task_done_by_who_has_it"),
        (set("taken_by = 'li'"), "review_task_taken_whole"),
        (format!("UPDATE review_task SET {} WHERE kind = 'second'", taken("li")), "review_task_act_follows"),
        (
            "INSERT INTO review_task (claim_no, kind, round_no, insurer_no, amount_minor, opened_at, due_at, act_no)
             VALUES ('C-1', 'second', 2, 'picc', 0, now(), now(), 1)"
                .to_owned(),
            "review_task_one_open",
        ),
        ("UPDATE review_task SET act_no = act_no + 1 WHERE kind = 'first'".to_owned(), "review_task_is_done"),
    ] {
        let error = owner.batch_execute(&statement).await.unwrap_err();
        assert_eq!(error.as_db_error().unwrap().constraint(), Some(constraint), "{statement}: {error:?}");
    }
    owner.batch_execute(&set(&taken("li"))).await.unwrap();
    let error = owner.batch_execute(&set(&taken("zhao"))).await.unwrap_err();
    assert_eq!(error.as_db_error().unwrap().constraint(), Some("review_task_is_taken"));
    // What the program says of people is not believed.
    owner
        .batch_execute(
            "INSERT INTO review_task (claim_no, kind, round_no, insurer_no, amount_minor, opened_at, due_at, act_no,
                                      intake_by, first_reviewer)
             VALUES ('C-1', 'insurer_answer', 1, 'picc', 0, now(), now(), 1, 'nobody', 'nobody')",
        )
        .await
        .unwrap();
    let sql = "SELECT intake_by, first_reviewer FROM review_task WHERE kind = 'insurer_answer'";
    let row = owner.query_one(sql, &[]).await.unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, Option<&str>>(1)), ("intake", None));
}
