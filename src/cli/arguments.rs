//! The arguments of every command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::audit::report::Severity;

/// Audits what is really possible in an AWS account, and explains how each attack is blocked.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, about, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Audit an account: rules and attack scenarios, with evidence
    Audit(AuditArgs),
    /// Trace attack scenarios to the controls that block them
    Trace(TraceArgs),
    /// Record an account as a snapshot
    #[cfg(feature = "aws")]
    Collect(CollectArgs),
    /// Draft portcullis.yaml from an account, for a person to confirm
    Init(InitArgs),
    /// Who can reach what: connections from A to B
    Reach(ReachArgs),
    /// Who may do what: one request decided
    Can(CanArgs),
    /// Answer questions, one JSON line each, from standard input
    Query(QueryArgs),
    /// Explain a finding, a rule or a scenario by its id
    Explain(ExplainArgs),
    /// Print the read-only IAM policy that collecting needs
    Permissions(PermissionsArgs),
    /// Check, test and list rules
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Check attack scenarios
    #[command(subcommand)]
    Scenario(ScenarioCommand),
}

/// Where the account is read from.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Source")]
pub(crate) struct SourceArgs {
    /// Read the live account through the standard AWS credential chain
    #[arg(long, conflicts_with_all = ["snapshot", "demo"])]
    pub(crate) live: bool,
    /// Read a recorded account: a directory of AWS CLI outputs or a .ndjson.zst archive
    #[arg(long, value_name = "PATH", conflicts_with = "demo")]
    pub(crate) snapshot: Option<PathBuf>,
    /// Read the embedded reference account
    #[arg(long, value_name = "FORM", num_args = 0..=1, default_missing_value = "sound")]
    pub(crate) demo: Option<DemoForm>,
    /// Project file with parameters, assumptions and exceptions [default: portcullis.yaml, where there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) project: Option<PathBuf>,
    /// Assume the documented default of an input that cannot be read (scp, vpc-block-public-access, …)
    #[arg(long, value_name = "INPUT")]
    pub(crate) assume: Vec<String>,
    /// Assume the documented default of every such input
    #[arg(long)]
    pub(crate) assume_defaults: bool,
    /// SCPs and RCPs of the organization, collected in its management account
    #[arg(long, value_name = "PATH")]
    pub(crate) org_snapshot: Option<PathBuf>,
    /// Judge ages at this time instead of the snapshot's (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<jiff::Timestamp>,
    #[command(flatten)]
    pub(crate) live_args: LiveArgs,
}

/// How the live account is read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Live account")]
pub(crate) struct LiveArgs {
    /// Regions to ask [default: every enabled region]
    #[arg(long = "region", value_name = "REGION", value_delimiter = ',')]
    pub(crate) regions: Vec<String>,
    /// Profile of the AWS configuration
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Role to assume for reading
    #[arg(long, value_name = "ARN")]
    pub(crate) assume_role: Option<String>,
    /// External id for --assume-role
    #[arg(long, value_name = "ID", requires = "assume_role")]
    pub(crate) external_id: Option<String>,
    /// MFA device for --assume-role; its code is asked for
    #[arg(long, value_name = "SERIAL", requires = "assume_role")]
    pub(crate) mfa_serial: Option<String>,
    /// Calls under way at once
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub(crate) jobs: usize,
    /// Also ask when each principal last used each service (slow)
    #[arg(long)]
    pub(crate) last_accessed: bool,
    /// Do not keep the snapshot in the cache folder
    #[arg(long)]
    pub(crate) no_keep: bool,
}

/// The forms of the embedded account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DemoForm {
    /// As designed.
    Sound,
    /// With more than twenty faults.
    Drifted,
}

/// Rules and scenarios to use.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Library")]
pub(crate) struct LibraryArgs {
    /// Folder of rules, instead of the embedded library
    #[arg(long, value_name = "DIR")]
    pub(crate) policies: Option<PathBuf>,
    /// Folder of attack scenarios, instead of the embedded library
    #[arg(long, value_name = "DIR")]
    pub(crate) scenarios: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) library: LibraryArgs,
    /// JSON report of an earlier run: marks what is new, and carries over alerts that are unknown now
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Exit with findings at or above this severity
    #[arg(long, value_name = "SEVERITY", default_value = "high")]
    pub(crate) fail_on: SeverityArg,
    /// terminal, json, sarif, sarif-full; with =PATH into a file; may be repeated
    #[arg(long = "format", value_name = "FORMAT[=PATH]", default_value = "terminal")]
    pub(crate) formats: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    /// Ids of scenarios [default: all]
    pub(crate) ids: Vec<String>,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) library: LibraryArgs,
    /// terminal or json
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub(crate) format: String,
}

#[cfg(feature = "aws")]
#[derive(Debug, Args)]
pub(crate) struct CollectArgs {
    /// Directory, or file ending in .ndjson.zst
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// File to write; `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = "portcullis.yaml")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ReachArgs {
    /// `internet`, an address, a resource id or an ARN
    pub(crate) from: String,
    /// An address, a resource id or an ARN
    pub(crate) to: String,
    /// Destination port
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,
    /// tcp or udp
    #[arg(long, default_value = "tcp")]
    pub(crate) protocol: String,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CanArgs {
    /// ARN of a user or role, or `user/NAME`, `role/NAME`
    pub(crate) principal: String,
    /// One action, `service:Name`
    pub(crate) action: String,
    /// Resources of the request, as ARNs [default: the literal `*`]
    pub(crate) resources: Vec<String>,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct QueryArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Fingerprint of a finding (or its start), id of a rule or of a scenario
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) library: LibraryArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PermissionsArgs {
    /// Include what --last-accessed needs
    #[arg(long)]
    pub(crate) last_accessed: bool,
}

/// Commands about rules.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Check rule files: a typo is an error at its line and column
    Check(FolderArgs),
    /// Run the tests beside the rules
    Test(FolderArgs),
    /// List rules
    List(FolderArgs),
    /// Write a starting rule file
    New(NewArgs),
    /// Print the JSON Schema of rule files
    Schema,
}

/// Commands about scenarios.
#[derive(Debug, Subcommand)]
pub(crate) enum ScenarioCommand {
    /// Check scenario and technique files
    Check(FolderArgs),
    /// List scenarios
    List(FolderArgs),
}

#[derive(Debug, Args)]
pub(crate) struct FolderArgs {
    /// Folder [default: the embedded library]
    pub(crate) folder: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// Id of the rule, kebab-case
    pub(crate) id: String,
    /// Folder to write into
    #[arg(long, value_name = "DIR", default_value = "policies/custom")]
    pub(crate) folder: PathBuf,
}

/// A severity as an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SeverityArg(pub(crate) Severity);

impl std::str::FromStr for SeverityArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Severity::ALL
            .into_iter()
            .find(|severity| severity.name() == text)
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no severity; use critical, high, medium or low"))
    }
}
