"""The mapping that applies when there is no file: GitLab pipelines (contract 12), and webhooks as they are."""

from __future__ import annotations

from typing import Any

_METHOD = ".payload.action.invocationMethod"
_PROJECT = f'(({_METHOD}.groupName // "") + "/" + ({_METHOD}.projectName // ""))'
_TOKEN_NAME = f'((({_METHOD}.groupName // "") | gsub("/"; "_")) + "_" + ({_METHOD}.projectName // ""))'
_BASE = '((env.GITLAB_URL // "https://gitlab.com/") | if endswith("/") then . else . + "/" end)'
_AS_TEXT = "to_entries | map({(.key): (.value | tostring)}) | add"

DEFAULT: list[dict[str, Any]] = [
    {
        "name": "gitlab",
        "enabled": f'{_METHOD}.type == "GITLAB"',
        "refuse": f"{_TOKEN_NAME} as $name | if env[$name] then null else "
        '"The trigger token of the GitLab project is missing: the agent needs it in the environment variable \\"'
        '\\($name)\\"" end',
        "url": f'{_BASE} + "api/v4/projects/" + ({_PROJECT} | @uri) + "/trigger/pipeline"',
        "method": '"POST"',
        "body": {
            "ref": f'.payload.properties.ref // {_METHOD}.defaultRef // "main"',
            "token": f"env[{_TOKEN_NAME}]",
            "variables": f"if {_METHOD}.omitUserInputs then {{}} else "
            f"((.payload.properties // {{}}) + ({_METHOD}.pipelineVariables // {{}}) | {_AS_TEXT}) end",
            "port_payload": f"if {_METHOD}.omitPayload then {{}} else . end",
        },
        "report": {
            "link": ".response.json.web_url",
            "externalRunId": ".response.json.id | if . == null then null else tostring end",
        },
    },
    {
        "name": "webhook",
        "enabled": True,
        "url": f"{_METHOD}.url // .changelogDestination.url",
        "method": f'{_METHOD}.method // "POST"',
    },
]
