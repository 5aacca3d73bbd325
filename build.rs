//! Builds the rule and scenario files into the program.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    embed(&root, "policies", "POLICIES", &out.join("policies.rs"))?;
    embed(&root, "attack-scenarios", "SCENARIOS", &out.join("attack_scenarios.rs"))
}

/// Writes a table of (path, text) of every YAML file below a folder, sorted by path.
fn embed(root: &Path, folder: &str, table: &str, target: &Path) -> io::Result<()> {
    println!("cargo::rerun-if-changed={folder}");
    let mut files = Vec::new();
    let top = root.join(folder);
    if top.is_dir() {
        collect(&top, folder, &mut files)?;
    }
    files.sort();
    let mut code =
        format!("/// Every file below `{folder}`, by its path.\npub(super) static {table}: &[(&str, &str)] = &[\n");
    for (name, path) in &files {
        let _ = writeln!(code, "    ({name:?}, include_str!({:?})),", path.display().to_string());
    }
    code.push_str("];\n");
    fs::write(target, code)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &name, files)?;
        } else if entry.path().extension().is_some_and(|extension| extension == "yaml") {
            files.push((name, entry.path()));
        }
    }
    Ok(())
}
