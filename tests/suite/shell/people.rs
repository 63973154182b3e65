//! People at the shell: on record, with roles, and what was done to them.

use serde_json::json;

use super::Shell;

#[tokio::test]
async fn people_come_get_roles_and_go() {
    let shell = Shell::new().await;
    let create = ["operator", "create", "lin", "--name", "Lin Yue", "--role", "finance", "--role", "reviewer"];
    assert!(shell.run(&create).went_well().err.contains("lin is now on record"));
    assert!(shell.run(&create).went_well().err.contains("lin was on record"));
    shell.run(&["operator", "grant", "lin", "--role", "approver", "--reason", "Mei is away"]).went_well();
    let conflicts = shell.run(&["operator", "conflicts", "--format", "json"]).went_well().json();
    assert_eq!(conflicts["conflicts"][0]["duties"], json!(["pre_review", "money"]));
    shell.run(&["operator", "end", "lin", "--role", "approver", "--reason", "Mei is back"]).went_well();
    shell.run(&["operator", "end", "lin", "--role", "approver", "--reason", "again"]).says(1, "does not hold the role");
    shell.run(&["operator", "grant", "lin", "--role", "poster", "--reason", "x"]).says(1, "no role of a person");
    shell.run(&["operator", "grant", "mei", "--role", "admin", "--reason", "x"]).says(1, "nobody of the name 'mei'");
    let listed = shell.run(&["operator", "list"]).went_well().out;
    assert!(listed.contains("Lin Yue") && listed.contains("finance reviewer"), "{listed}");

    let acts = shell.run(&["operator", "acts", "--subject-no", "lin", "--format", "json"]).went_well().json();
    let told: Vec<_> = acts["acts"].as_array().unwrap().iter().map(|act| act["what"].clone()).collect();
    assert_eq!(told, ["role_ended", "role_granted", "role_granted", "role_granted", "operator_created"]);
    assert!(acts["acts"][0]["actor"].as_str().unwrap().starts_with("person:"), "{acts}");
}
