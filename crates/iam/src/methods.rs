//! The methods of direct privilege escalation, with the permissions that each takes.
//!
//! After the `pathfinding.cloud` catalogue (`DataDog`, Apache-2.0) and Rhino Security's list.

/// What a step is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
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
pub(crate) struct Method {
    pub(crate) id: &'static str,
    /// What is done first names the target; the rest is done to the same target or to anything.
    pub(crate) steps: &'static [(&'static str, On)],
    /// Existing compute that the method takes over, with a role that is not asked here.
    pub(crate) existing: Option<&'static str>,
}

const fn method(id: &'static str, steps: &'static [(&'static str, On)]) -> Method {
    Method { id, steps, existing: None }
}

const fn takeover(id: &'static str, existing: &'static str, steps: &'static [(&'static str, On)]) -> Method {
    Method { id, steps, existing: Some(existing) }
}

use On::{
    Anything, OtherGroup, OtherRole, OtherUser, OwnGroup, OwnPolicy, OwnRole, OwnUser, PassedRole, PolicyOfOtherRole,
};

const AGENTCORE: On = PassedRole("bedrock-agentcore.amazonaws.com");
const BUILD: On = PassedRole("codebuild.amazonaws.com");
const EC2: On = PassedRole("ec2.amazonaws.com");
const FUNCTION: On = PassedRole("lambda.amazonaws.com");
const GLUE: On = PassedRole("glue.amazonaws.com");
const NOTEBOOK: On = PassedRole("sagemaker.amazonaws.com");
const STACK: On = PassedRole("cloudformation.amazonaws.com");
const TASK: On = PassedRole("ecs-tasks.amazonaws.com");

pub(crate) const METHODS: &[Method] = &[
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
    method(
        "apprunner-001",
        &[("iam:PassRole", PassedRole("tasks.apprunner.amazonaws.com")), ("apprunner:CreateService", Anything)],
    ),
    method(
        "bedrock-001",
        &[
            ("iam:PassRole", AGENTCORE),
            ("bedrock-agentcore:CreateCodeInterpreter", Anything),
            ("bedrock-agentcore:StartCodeInterpreterSession", Anything),
            ("bedrock-agentcore:InvokeCodeInterpreter", Anything),
        ],
    ),
    method("cloudformation-001", &[("iam:PassRole", STACK), ("cloudformation:CreateStack", Anything)]),
    method(
        "cloudformation-003",
        &[
            ("iam:PassRole", STACK),
            ("cloudformation:CreateStackSet", Anything),
            ("cloudformation:CreateStackInstances", Anything),
        ],
    ),
    method("cloudformation-004", &[("iam:PassRole", STACK), ("cloudformation:UpdateStackSet", Anything)]),
    method(
        "codebuild-001",
        &[("iam:PassRole", BUILD), ("codebuild:CreateProject", Anything), ("codebuild:StartBuild", Anything)],
    ),
    method(
        "codebuild-004",
        &[("iam:PassRole", BUILD), ("codebuild:CreateProject", Anything), ("codebuild:StartBuildBatch", Anything)],
    ),
    method(
        "datapipeline-001",
        &[
            ("iam:PassRole", PassedRole("datapipeline.amazonaws.com")),
            ("datapipeline:CreatePipeline", Anything),
            ("datapipeline:PutPipelineDefinition", Anything),
            ("datapipeline:ActivatePipeline", Anything),
        ],
    ),
    method("ec2-001", &[("iam:PassRole", EC2), ("ec2:RunInstances", Anything)]),
    method("ec2-003", &[("iam:PassRole", EC2), ("ec2:RequestSpotInstances", Anything)]),
    method(
        "ecs-001",
        &[
            ("iam:PassRole", TASK),
            ("ecs:CreateCluster", Anything),
            ("ecs:RegisterTaskDefinition", Anything),
            ("ecs:CreateService", Anything),
        ],
    ),
    method(
        "ecs-002",
        &[
            ("iam:PassRole", TASK),
            ("ecs:CreateCluster", Anything),
            ("ecs:RegisterTaskDefinition", Anything),
            ("ecs:RunTask", Anything),
        ],
    ),
    method(
        "ecs-003",
        &[("iam:PassRole", TASK), ("ecs:RegisterTaskDefinition", Anything), ("ecs:CreateService", Anything)],
    ),
    method("ecs-004", &[("iam:PassRole", TASK), ("ecs:RegisterTaskDefinition", Anything), ("ecs:RunTask", Anything)]),
    method("ecs-005", &[("iam:PassRole", TASK), ("ecs:RegisterTaskDefinition", Anything), ("ecs:StartTask", Anything)]),
    method("glue-001", &[("iam:PassRole", GLUE), ("glue:CreateDevEndpoint", Anything)]),
    method("glue-003", &[("iam:PassRole", GLUE), ("glue:CreateJob", Anything), ("glue:StartJobRun", Anything)]),
    method("glue-004", &[("iam:PassRole", GLUE), ("glue:CreateJob", Anything), ("glue:CreateTrigger", Anything)]),
    method("glue-005", &[("iam:PassRole", GLUE), ("glue:UpdateJob", Anything), ("glue:StartJobRun", Anything)]),
    method("glue-006", &[("iam:PassRole", GLUE), ("glue:UpdateJob", Anything), ("glue:CreateTrigger", Anything)]),
    method(
        "lambda-001",
        &[("iam:PassRole", FUNCTION), ("lambda:CreateFunction", Anything), ("lambda:InvokeFunction", Anything)],
    ),
    method(
        "lambda-002",
        &[
            ("iam:PassRole", FUNCTION),
            ("lambda:CreateFunction", Anything),
            ("lambda:CreateEventSourceMapping", Anything),
        ],
    ),
    method(
        "lambda-006",
        &[("iam:PassRole", FUNCTION), ("lambda:CreateFunction", Anything), ("lambda:AddPermission", Anything)],
    ),
    method("sagemaker-001", &[("iam:PassRole", NOTEBOOK), ("sagemaker:CreateNotebookInstance", Anything)]),
    method("sagemaker-002", &[("iam:PassRole", NOTEBOOK), ("sagemaker:CreateTrainingJob", Anything)]),
    method("sagemaker-003", &[("iam:PassRole", NOTEBOOK), ("sagemaker:CreateProcessingJob", Anything)]),
    // something that carries a role already
    takeover("apprunner-002", "App Runner service", &[("apprunner:UpdateService", Anything)]),
    takeover(
        "bedrock-002",
        "code interpreter",
        &[
            ("bedrock-agentcore:StartCodeInterpreterSession", Anything),
            ("bedrock-agentcore:InvokeCodeInterpreter", Anything),
        ],
    ),
    takeover("cloudformation-002", "stack with a service role", &[("cloudformation:UpdateStack", Anything)]),
    takeover(
        "cloudformation-005",
        "stack with a service role",
        &[("cloudformation:CreateChangeSet", Anything), ("cloudformation:ExecuteChangeSet", Anything)],
    ),
    takeover("codebuild-002", "build project", &[("codebuild:StartBuild", Anything)]),
    takeover("codebuild-003", "build project", &[("codebuild:StartBuildBatch", Anything)]),
    takeover(
        "ec2-002",
        "instance with a profile",
        &[("ec2:ModifyInstanceAttribute", Anything), ("ec2:StopInstances", Anything), ("ec2:StartInstances", Anything)],
    ),
    takeover(
        "ec2-004",
        "launch template",
        &[("ec2:CreateLaunchTemplateVersion", Anything), ("ec2:ModifyLaunchTemplate", Anything)],
    ),
    takeover(
        "ec2instanceconnect-003",
        "instance with a profile",
        &[("ec2-instance-connect:SendSSHPublicKey", Anything)],
    ),
    takeover("glue-002", "development endpoint", &[("glue:UpdateDevEndpoint", Anything)]),
    takeover("lambda-003", "function", &[("lambda:UpdateFunctionCode", Anything)]),
    takeover("lambda-004", "function", &[("lambda:UpdateFunctionCode", Anything), ("lambda:InvokeFunction", Anything)]),
    takeover("lambda-005", "function", &[("lambda:UpdateFunctionCode", Anything), ("lambda:AddPermission", Anything)]),
    takeover("sagemaker-004", "notebook", &[("sagemaker:CreatePresignedNotebookInstanceUrl", Anything)]),
    takeover(
        "sagemaker-005",
        "notebook",
        &[
            ("sagemaker:CreateNotebookInstanceLifecycleConfig", Anything),
            ("sagemaker:StopNotebookInstance", Anything),
            ("sagemaker:UpdateNotebookInstance", Anything),
            ("sagemaker:StartNotebookInstance", Anything),
        ],
    ),
    takeover("ssm-001", "managed instance", &[("ssm:StartSession", Anything)]),
    takeover("ssm-002", "managed instance", &[("ssm:SendCommand", Anything)]),
];
