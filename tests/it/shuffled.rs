//! The order of the input says nothing: shuffled files and lists give the same bytes.

use std::fs;
use std::path::Path;

use portcullis_snapshot::{FileKey, Snapshot};
use serde_json::Value;

use crate::program::{Program, repository};

/// Reverses, then rotates, every list that AWS leaves unordered. Lists inside policy documents and lists whose order
/// means something (a paginated page order does not) keep it.
fn shuffle(value: &mut Value, turn: usize) {
    match value {
        Value::Array(items) => {
            for item in items.iter_mut() {
                shuffle(item, turn);
            }
            if items.iter().all(Value::is_object) && !items.is_empty() {
                items.reverse();
                let by = turn % items.len();
                items.rotate_left(by);
            }
        }
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                // A statement's order is part of its document; listener actions carry their own order.
                if !["Statement", "Document", "PolicyDocument", "AssumeRolePolicyDocument"].contains(&name.as_str()) {
                    shuffle(member, turn);
                }
            }
        }
        _ => {}
    }
}

fn unpack(archive: &Path, into: &Path, turn: Option<usize>) {
    let snapshot = Snapshot::open(archive).unwrap();
    let manifest = serde_json::to_string(snapshot.manifest().unwrap()).unwrap();
    fs::write(into.join("manifest.json"), manifest).unwrap();
    snapshot
        .visit::<portcullis_snapshot::ReadError>(|recorded| {
            let path = into.join(recorded.key.path());
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut body = body_of(&recorded);
            if let Some(turn) = turn {
                shuffle(&mut body, turn);
            }
            fs::write(path, body.to_string()).unwrap();
            Ok(())
        })
        .unwrap();
}

/// The file as it stood.
pub(crate) fn body_of(recorded: &portcullis_snapshot::Recorded) -> Value {
    if !recorded.per_parent {
        return recorded.calls[0].outcome.clone().unwrap();
    }
    let calls: Vec<Value> = recorded
        .calls
        .iter()
        .map(|call| match &call.outcome {
            Ok(output) => serde_json::json!({"input": call.input, "output": output}),
            Err(error) => serde_json::json!({"input": call.input, "error": {"code": error.code}}),
        })
        .collect();
    serde_json::json!({"calls": calls})
}

fn audit(folder: &Path) -> String {
    let program = Program::new();
    let project = repository().join("src/demo/portcullis.yaml");
    let output = program.run(&[
        "audit",
        "--snapshot",
        &folder.display().to_string(),
        "--project",
        &project.display().to_string(),
        "--format",
        "json",
    ]);
    assert!(matches!(output.code, 0 | 1 | 4 | 5), "exit {}: {}", output.code, output.stderr);
    output.stdout
}

#[test]
fn shuffled_input_gives_the_same_bytes() {
    for form in ["sound", "drifted"] {
        let archive = repository().join(format!("src/demo/{form}.ndjson.zst"));
        let plain = tempfile::tempdir().unwrap();
        unpack(&archive, plain.path(), None);
        let expected = audit(plain.path());
        for turn in [0, 1, 3] {
            let shuffled = tempfile::tempdir().unwrap();
            unpack(&archive, shuffled.path(), Some(turn));
            assert!(audit(shuffled.path()) == expected, "{form}, turn {turn}: the order of the input shows");
        }
    }
}

#[test]
fn a_file_key_is_its_path() {
    let key = FileKey::new("123456789012", "global", "iam", "list-users");
    assert_eq!(FileKey::parse(&key.path()), Some(key));
}
