//! Direct privilege escalation: single steps by which a principal gains rights that it was not given.
//!
//! The ids are those of the pathfinding.cloud catalogue (DataDog, Apache-2.0); `SetDefaultPolicyVersion` stands in Rhino
//! Security's list and not in the catalogue. Only permissions are asked: which role existing compute carries, and what
//! several steps together reach, is the attack graph's work.

use std::collections::HashMap;

use portcullis_estate::{Answer, Decision, Gap};

use crate::context::Context;
use crate::document::{Effect, Layer};
use crate::evaluation::{self, Request};
use crate::principal::Caller;
use crate::world::{Principal, PrincipalKind, World};

/// What a step is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    /// The principal's own user.
    OwnUser,
    /// The principal's own role.
    OwnRole,
    /// A group of the principal.
    OwnGroup,
    /// A group that the principal is not in.
    OtherGroup,
    /// A customer-made policy that is attached to the principal.
    OwnPolicy,
    /// Another user.
    OtherUser,
    /// Another role.
    OtherRole,
    /// A customer-made policy that is attached to another role.
    PolicyOfOtherRole,
    /// A role that trusts this service.
    PassedRole(&'static str),
    /// Nothing that is fixed: whatever the policies admit.
    Anything,
}

/// One method.
#[derive(Debug, Clone, Copy)]
struct Method {
    id: &'static str,
    /// What is done first names the target; the rest is done to the same target or to anything.
    steps: &'static [(&'static str, On)],
    /// Existing compute that the method takes over, with a role that is not asked here.
    existing: Option<&'static str>,
}

const fn method(id: &'static str, steps: &'static [(&'static str, On)]) -> Method {
    Method { id, steps, existing: None }
}

const fn takeover(id: &'static str, existing: &'static str, steps: &'static [(&'static str, On)]) -> Method {
    Method { id, steps, existing: Some(existing) }
}

use On::{Anything, OtherGroup, OtherRole, OtherUser, OwnGroup, OwnPolicy, OwnRole, OwnUser, PassedRole, PolicyOfOtherRole};

const AGENTCORE: On = PassedRole("bedrock-agentcore.amazonaws.com");
const BUILD: On = PassedRole("codebuild.amazonaws.com");
const EC2: On = PassedRole("ec2.amazonaws.com");
const FUNCTION: On = PassedRole("lambda.amazonaws.com");
const GLUE: On = PassedRole("glue.amazonaws.com");
const NOTEBOOK: On = PassedRole("sagemaker.amazonaws.com");
const STACK: On = PassedRole("cloudformation.amazonaws.com");
const TASK: On = PassedRole("ecs-tasks.amazonaws.com");

const METHODS: &[Method] = &[
    // the principal's own policies
    method("iam-001", &[("iam:CreatePolicyVersion", OwnPolicy)]),
    method("iam-setdefaultpolicyversion", &[("iam:SetDefaultPolicyVersion", OwnPolicy)]),
    method("iam-005", &[("iam:PutRolePolicy", OwnRole)]),
    method("iam-007", &[("iam:PutUserPolicy", OwnUser)]),
    method("iam-008", &[("iam:AttachUserPolicy", OwnUser)]),
    method("iam-009", &[("iam:AttachRolePolicy", OwnRole)]),
    method("iam-010", &[("iam:AttachGroupPolicy", OwnGroup)]),
    method("iam-011", &[("iam:PutGroupPolicy", OwnGroup)]),
    method("iam-013", &[("iam:AddUserToGroup", OtherGroup)]),
    // other principals
    method("iam-002", &[("iam:CreateAccessKey", OtherUser)]),
    method("iam-003", &[("iam:CreateAccessKey", OtherUser), ("iam:DeleteAccessKey", OtherUser)]),
    method("iam-004", &[("iam:CreateLoginProfile", OtherUser)]),
    method("iam-006", &[("iam:UpdateLoginProfile", OtherUser)]),
    method("iam-012", &[("iam:UpdateAssumeRolePolicy", OtherRole)]),
    method("iam-014", &[("iam:AttachRolePolicy", OtherRole), ("sts:AssumeRole", OtherRole)]),
    method("iam-015", &[("iam:AttachUserPolicy", OtherUser), ("iam:CreateAccessKey", OtherUser)]),
    method("iam-016", &[("sts:AssumeRole", OtherRole), ("iam:CreatePolicyVersion", PolicyOfOtherRole)]),
    method("iam-017", &[("iam:PutRolePolicy", OtherRole), ("sts:AssumeRole", OtherRole)]),
    method("iam-018", &[("iam:PutUserPolicy", OtherUser), ("iam:CreateAccessKey", OtherUser)]),
    method("iam-019", &[("iam:AttachRolePolicy", OtherRole), ("iam:UpdateAssumeRolePolicy", OtherRole)]),
    method("iam-020", &[("iam:UpdateAssumeRolePolicy", OtherRole), ("iam:CreatePolicyVersion", PolicyOfOtherRole)]),
    method("iam-021", &[("iam:PutRolePolicy", OtherRole), ("iam:UpdateAssumeRolePolicy", OtherRole)]),
    method("sts-001", &[("sts:AssumeRole", OtherRole)]),
    // a role passed to something new
    method("apprunner-001", &[("iam:PassRole", PassedRole("tasks.apprunner.amazonaws.com")), ("apprunner:CreateService", Anything)]),
    method("bedrock-001", &[("iam:PassRole", AGENTCORE), ("bedrock-agentcore:CreateCodeInterpreter", Anything), ("bedrock-agentcore:StartCodeInterpreterSession", Anything), ("bedrock-agentcore:InvokeCodeInterpreter", Anything)]),
    method("cloudformation-001", &[("iam:PassRole", STACK), ("cloudformation:CreateStack", Anything)]),
    method("cloudformation-003", &[("iam:PassRole", STACK), ("cloudformation:CreateStackSet", Anything), ("cloudformation:CreateStackInstances", Anything)]),
    method("cloudformation-004", &[("iam:PassRole", STACK), ("cloudformation:UpdateStackSet", Anything)]),
    method("codebuild-001", &[("iam:PassRole", BUILD), ("codebuild:CreateProject", Anything), ("codebuild:StartBuild", Anything)]),
    method("codebuild-004", &[("iam:PassRole", BUILD), ("codebuild:CreateProject", Anything), ("codebuild:StartBuildBatch", Anything)]),
    method("datapipeline-001", &[("iam:PassRole", PassedRole("datapipeline.amazonaws.com")), ("datapipeline:CreatePipeline", Anything), ("datapipeline:PutPipelineDefinition", Anything), ("datapipeline:ActivatePipeline", Anything)]),
    method("ec2-001", &[("iam:PassRole", EC2), ("ec2:RunInstances", Anything)]),
    method("ec2-003", &[("iam:PassRole", EC2), ("ec2:RequestSpotInstances", Anything)]),
    method("ecs-001", &[("iam:PassRole", TASK), ("ecs:CreateCluster", Anything), ("ecs:RegisterTaskDefinition", Anything), ("ecs:CreateService", Anything)]),
    method("ecs-002", &[("iam:PassRole", TASK), ("ecs:CreateCluster", Anything), ("ecs:RegisterTaskDefinition", Anything), ("ecs:RunTask", Anything)]),
    method("ecs-003", &[("iam:PassRole", TASK), ("ecs:RegisterTaskDefinition", Anything), ("ecs:CreateService", Anything)]),
    method("ecs-004", &[("iam:PassRole", TASK), ("ecs:RegisterTaskDefinition", Anything), ("ecs:RunTask", Anything)]),
    method("ecs-005", &[("iam:PassRole", TASK), ("ecs:RegisterTaskDefinition", Anything), ("ecs:StartTask", Anything)]),
    method("glue-001", &[("iam:PassRole", GLUE), ("glue:CreateDevEndpoint", Anything)]),
    method("glue-003", &[("iam:PassRole", GLUE), ("glue:CreateJob", Anything), ("glue:StartJobRun", Anything)]),
    method("glue-004", &[("iam:PassRole", GLUE), ("glue:CreateJob", Anything), ("glue:CreateTrigger", Anything)]),
    method("glue-005", &[("iam:PassRole", GLUE), ("glue:UpdateJob", Anything), ("glue:StartJobRun", Anything)]),
    method("glue-006", &[("iam:PassRole", GLUE), ("glue:UpdateJob", Anything), ("glue:CreateTrigger", Anything)]),
    method("lambda-001", &[("iam:PassRole", FUNCTION), ("lambda:CreateFunction", Anything), ("lambda:InvokeFunction", Anything)]),
    method("lambda-002", &[("iam:PassRole", FUNCTION), ("lambda:CreateFunction", Anything), ("lambda:CreateEventSourceMapping", Anything)]),
    method("lambda-006", &[("iam:PassRole", FUNCTION), ("lambda:CreateFunction", Anything), ("lambda:AddPermission", Anything)]),
    method("sagemaker-001", &[("iam:PassRole", NOTEBOOK), ("sagemaker:CreateNotebookInstance", Anything)]),
    method("sagemaker-002", &[("iam:PassRole", NOTEBOOK), ("sagemaker:CreateTrainingJob", Anything)]),
    method("sagemaker-003", &[("iam:PassRole", NOTEBOOK), ("sagemaker:CreateProcessingJob", Anything)]),
    // something that carries a role already
    takeover("apprunner-002", "App Runner service", &[("apprunner:UpdateService", Anything)]),
    takeover("bedrock-002", "code interpreter", &[("bedrock-agentcore:StartCodeInterpreterSession", Anything), ("bedrock-agentcore:InvokeCodeInterpreter", Anything)]),
    takeover("cloudformation-002", "stack with a service role", &[("cloudformation:UpdateStack", Anything)]),
    takeover("cloudformation-005", "stack with a service role", &[("cloudformation:CreateChangeSet", Anything), ("cloudformation:ExecuteChangeSet", Anything)]),
    takeover("codebuild-002", "build project", &[("codebuild:StartBuild", Anything)]),
    takeover("codebuild-003", "build project", &[("codebuild:StartBuildBatch", Anything)]),
    takeover("ec2-002", "instance with a profile", &[("ec2:ModifyInstanceAttribute", Anything), ("ec2:StopInstances", Anything), ("ec2:StartInstances", Anything)]),
    takeover("ec2-004", "launch template", &[("ec2:CreateLaunchTemplateVersion", Anything), ("ec2:ModifyLaunchTemplate", Anything)]),
    takeover("ec2instanceconnect-003", "instance with a profile", &[("ec2-instance-connect:SendSSHPublicKey", Anything)]),
    takeover("glue-002", "development endpoint", &[("glue:UpdateDevEndpoint", Anything)]),
    takeover("lambda-003", "function", &[("lambda:UpdateFunctionCode", Anything)]),
    takeover("lambda-004", "function", &[("lambda:UpdateFunctionCode", Anything), ("lambda:InvokeFunction", Anything)]),
    takeover("lambda-005", "function", &[("lambda:UpdateFunctionCode", Anything), ("lambda:AddPermission", Anything)]),
    takeover("sagemaker-004", "notebook", &[("sagemaker:CreatePresignedNotebookInstanceUrl", Anything)]),
    takeover("sagemaker-005", "notebook", &[("sagemaker:CreateNotebookInstanceLifecycleConfig", Anything), ("sagemaker:StopNotebookInstance", Anything), ("sagemaker:UpdateNotebookInstance", Anything), ("sagemaker:StartNotebookInstance", Anything)]),
    takeover("ssm-001", "managed instance", &[("ssm:StartSession", Anything)]),
    takeover("ssm-002", "managed instance", &[("ssm:SendCommand", Anything)]),
];

/// A step that is open or undecided.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Escalation {
    /// The principal.
    pub principal: String,
    /// Id in the pathfinding.cloud catalogue.
    pub method: &'static str,
    /// The permissions.
    pub permissions: Vec<&'static str>,
    /// What is changed, assumed or passed: ARN of a user, role, group or policy.
    pub target: Option<String>,
    /// The existing thing that it needs beside the permissions.
    pub needs_existing: Option<&'static str>,
    /// Whether and why the permissions are there.
    pub decision: Decision,
}

impl World {
    /// Every direct escalation of every principal that is not administrator already, sorted.
    #[must_use]
    pub fn escalations(&self) -> Vec<Escalation> {
        let mut found = Vec::new();
        for who in &self.principals {
            if who.kind == PrincipalKind::Root || who.service_linked || self.standing(who).administrator == Answer::Open {
                continue;
            }
            found.extend(self.escalations_of(who));
        }
        found
    }

    /// The direct escalations of one principal.
    #[must_use]
    pub fn escalations_of(&self, who: &Principal) -> Vec<Escalation> {
        let mut found = Vec::new();
        let mut known: HashMap<(&'static str, String, &'static str), Decision> = HashMap::new();
        for method in METHODS {
            if !method.steps.iter().all(|(action, _)| self.mentions(who, action)) {
                continue;
            }
            let Some((_, first)) = method.steps.first() else { continue };
            for target in self.targets(who, *first) {
                let mut decision: Option<Decision> = None;
                for (action, on) in method.steps {
                    let one = self.step(who, action, *on, target.as_deref(), &mut known);
                    let both = match decision {
                        None => one,
                        Some(before) => both(&before, &one),
                    };
                    let closed = both.answer() == Answer::Closed;
                    decision = Some(both);
                    if closed {
                        break;
                    }
                }
                let Some(decision) = decision.filter(|decision| decision.answer() != Answer::Closed) else { continue };
                found.push(Escalation {
                    principal: who.arn.to_string(),
                    method: method.id,
                    permissions: method.steps.iter().map(|(action, _)| *action).collect(),
                    target,
                    needs_existing: method.existing,
                    decision,
                });
            }
        }
        found
    }

    /// Whether any allow that could reach the principal names the action: a cheap sieve before the full question.
    fn mentions(&self, who: &Principal, action: &str) -> bool {
        // A trust policy can name the principal directly.
        action == "sts:AssumeRole"
            || !who.gaps.is_empty()
            || who.identity.iter().any(|policy| match &policy.body {
                Err(_) => true,
                Ok(document) => document
                    .statements
                    .iter()
                    .any(|statement| statement.effect == Effect::Allow && statement.actions.matches(action)),
            })
    }

    fn targets(&self, who: &Principal, on: On) -> Vec<Option<String>> {
        let others = |kind: PrincipalKind| {
            self.principals
                .iter()
                .filter(move |other| other.kind == kind && other.arn != who.arn && !other.service_linked)
                .map(|other| Some(other.arn.to_string()))
        };
        match on {
            On::OwnUser if who.kind == PrincipalKind::User => vec![Some(who.arn.to_string())],
            On::OwnRole if who.kind == PrincipalKind::Role => vec![Some(who.arn.to_string())],
            On::OwnUser | On::OwnRole => Vec::new(),
            On::OwnGroup => self.groups_of(who).map(Some).collect(),
            On::OtherGroup if who.kind == PrincipalKind::User => {
                self.groups.iter().filter(|(account, name, _)| *account == who.account && !who.groups.contains(name)).map(|(_, _, arn)| Some(arn.clone())).collect()
            }
            On::OtherGroup => Vec::new(),
            On::OwnPolicy => who.attached.iter().filter(|arn| !arn.contains(":iam::aws:")).cloned().map(Some).collect(),
            On::OtherUser => others(PrincipalKind::User).collect(),
            On::OtherRole | On::PolicyOfOtherRole => others(PrincipalKind::Role).collect(),
            On::PassedRole(service) => self
                .principals
                .iter()
                // A role is never passed across accounts.
                .filter(|role| role.kind == PrincipalKind::Role && role.account == who.account)
                .filter(|role| service != "ec2.amazonaws.com" || !role.instance_profiles.is_empty())
                .filter(|role| self.trusts_service(role, service) != Answer::Closed)
                .map(|role| Some(role.arn.to_string()))
                .collect(),
            On::Anything => vec![None],
        }
    }

    fn groups_of<'a>(&'a self, who: &'a Principal) -> impl Iterator<Item = String> + 'a {
        self.groups
            .iter()
            .filter(|(account, name, _)| *account == who.account && who.groups.contains(name))
            .map(|(_, _, arn)| arn.clone())
    }

    /// Whether a role's trust policy lets a service assume it.
    #[must_use]
    pub fn trusts_service(&self, role: &Principal, service: &str) -> Answer {
        let Some(trust) = role.trust.as_deref() else { return Answer::Closed };
        let request = Request {
            caller: Caller::Service(service.to_owned()),
            action: "sts:AssumeRole".to_owned(),
            resource: role.arn.to_string(),
            resource_account: Some(role.account.to_string()),
            context: Context::open(),
        };
        let hits = evaluation::hits([trust], Layer::Resource, &request, false);
        if hits.denies.iter().any(evaluation::Found::is_certain) {
            Answer::Closed
        } else if !hits.unread.is_empty() {
            Answer::Undecided
        } else if hits.allows.iter().any(evaluation::Found::is_certain) && hits.denies.is_empty() {
            Answer::Open
        } else if hits.allows.is_empty() {
            Answer::Closed
        } else {
            Answer::Undecided
        }
    }

    fn step(
        &self,
        who: &Principal,
        action: &'static str,
        on: On,
        target: Option<&str>,
        known: &mut HashMap<(&'static str, String, &'static str), Decision>,
    ) -> Decision {
        let service = if let On::PassedRole(service) = on { service } else { "" };
        let key = (action, target.filter(|_| on != On::Anything).unwrap_or_default().to_owned(), service);
        if let Some(decision) = known.get(&key) {
            return decision.clone();
        }
        let mut context = Context::open();
        let decision = match on {
            On::Anything => self.may_somewhere(who, action, &context),
            On::PolicyOfOtherRole => {
                let role = target.and_then(|arn| self.principal(arn));
                let policies = role.into_iter().flat_map(|role| &role.attached).filter(|arn| !arn.contains(":iam::aws:"));
                either(policies.map(|policy| self.may(&who.arn, action, &[policy], &context)))
            }
            On::PassedRole(service) => {
                context.set_value("iam:PassedToService", service);
                let mut decision = self.may(&who.arn, action, &[target.unwrap_or("*")], &context);
                let undecided = target.and_then(|arn| self.principal(arn)).is_some_and(|role| self.trusts_service(role, service) == Answer::Undecided);
                if undecided {
                    let gap = Gap::other(format_args!("conditions of the trust policy of {}", target.unwrap_or_default()), "keys of the service's request are not known");
                    for way in &mut decision.ways {
                        way.gaps.push(gap.clone());
                    }
                }
                decision
            }
            _ => self.may(&who.arn, action, &[target.unwrap_or("*")], &context),
        };
        known.insert(key, decision.clone());
        decision
    }

    /// Whether an action is allowed on something: on `*`, or on an example of what an allowing statement names.
    ///
    /// Things that exist are not looked up: an example stands for one that may exist.
    #[must_use]
    pub fn may_somewhere(&self, who: &Principal, action: &str, context: &Context) -> Decision {
        let mut examples: Vec<String> = vec!["*".to_owned()];
        let statements = who.identity.iter().filter_map(|policy| policy.body.as_ref().ok()).flat_map(|document| &document.statements);
        for statement in statements.filter(|one| one.effect == Effect::Allow && one.actions.matches(action)) {
            for resources in statement.resources.iter().filter(|resources| !resources.negated) {
                examples.extend(resources.texts.iter().filter(|text| text.starts_with("arn:")).map(|text| {
                    crate::pattern::Glob::new(text).example("any")
                }));
            }
        }
        examples.dedup();
        let mut best = self.may(&who.arn, action, &["*"], context);
        for example in examples.iter().skip(1).take(64) {
            if best.answer() == Answer::Open {
                break;
            }
            let one = self.may(&who.arn, action, &[example], context);
            let better = match (best.answer(), one.answer()) {
                (_, Answer::Open) | (Answer::Closed, Answer::Undecided) => true,
                _ => false,
            };
            if better {
                best = one;
            }
        }
        best
    }

    /// Every principal that may or might do an action on a resource, with why.
    #[must_use]
    pub fn who_may(&self, action: &str, resources: &[&str], context: &Context) -> Vec<(&Principal, Decision)> {
        self.principals
            .iter()
            .map(|who| (who, self.may(&who.arn, action, resources, context)))
            .filter(|(_, decision)| decision.answer() != Answer::Closed)
            .collect()
    }
}

fn both(a: &Decision, b: &Decision) -> Decision {
    let mut ways = crate::ways::Ways { list: a.ways.clone(), truncated: a.truncated || b.truncated };
    ways.times(&b.ways);
    ways.sort();
    let mut whole = Decision { ways: ways.list, truncated: ways.truncated, ..Decision::default() };
    whole.assumed.extend(a.assumed.iter().chain(&b.assumed));
    whole.hidden_by.extend(a.hidden_by.iter().chain(&b.hidden_by).cloned());
    whole
}

fn either(decisions: impl Iterator<Item = Decision>) -> Decision {
    let mut whole = Decision::default();
    for one in decisions {
        whole.ways.extend(one.ways);
        whole.assumed.extend(one.assumed);
        whole.hidden_by.extend(one.hidden_by);
        whole.truncated |= one.truncated;
    }
    whole.ways.sort_by_cached_key(|way| (!way.is_open(), way.blockers.len() + way.gaps.len(), way.clone()));
    whole
}
