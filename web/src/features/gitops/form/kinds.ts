import type { Kind } from "../api";

/** One thing that is asked about a forge or a login. */
export interface Field {
  key: string;
  label: string;
  description?: string;
  placeholder?: string;
  required?: boolean;
  /** Several lines, as keys have. */
  long?: boolean;
  /** A list of words. */
  many?: boolean;
  /** Yes or no. */
  flag?: boolean;
}

export interface Login {
  id: string;
  title: string;
  settings: Field[];
  secrets: Field[];
  /** What the credentials need to be allowed to. */
  advice: string;
}

export interface KindForm {
  url: Field & { initial: string };
  scope: Field[];
  logins: Login[];
  /** How events get here: steps for whoever administrates the forge. */
  webhook: string[];
}

/** Asked for every kind, but seldom needed. */
export const CERTIFICATES: Field = {
  key: "caCertificates",
  label: "Certificates of your own authority",
  description: "PEM; for forges whose certificate no public authority has signed.",
  placeholder: "-----BEGIN CERTIFICATE-----",
  long: true,
};

const TOKEN: Field = { key: "token", label: "Token", required: true };
const USERNAME: Field = { key: "username", label: "User name", required: true };
const PASSWORD: Field = { key: "password", label: "Password or token", required: true };

/** What is asked for each kind of forge, and how its events are sent here. */
export const KIND_FORMS: Record<Kind, KindForm> = {
  github: {
    url: {
      key: "url",
      label: "Address of the API",
      initial: "https://api.github.com",
      description: "For GitHub Enterprise Server: https://your-host/api/v3",
    },
    scope: [
      {
        key: "organisation",
        label: "Organisation or user",
        placeholder: "acme",
        description: "Whose repositories are read. Left empty: all that the credentials may see.",
      },
    ],
    logins: [
      {
        id: "app",
        title: "GitHub App",
        settings: [
          { key: "appId", label: "App id", required: true, placeholder: "123456" },
          {
            key: "installation",
            label: "Installation id",
            description: "Left empty it is found by the organisation.",
          },
        ],
        secrets: [{ key: "privateKey", label: "Private key", required: true, long: true, placeholder: "-----BEGIN …" }],
        advice:
          "The app reads Contents and Metadata. With write access to Checks, findings are shown at their lines in pull requests.",
      },
      {
        id: "token",
        title: "Token",
        settings: [],
        secrets: [TOKEN],
        advice:
          "A fine-grained token that reads Contents and Metadata; with write access to Commit statuses, pull requests are told whether their spec files fit.",
      },
    ],
    webhook: [
      "In the organisation's settings open Webhooks and choose Add webhook.",
      "Paste the address as Payload URL, choose application/json, and enter the secret.",
      "Choose the events Pushes, Pull requests and Repositories.",
    ],
  },
  gitlab: {
    url: { key: "url", label: "Address", required: true, initial: "https://gitlab.com" },
    scope: [
      {
        key: "organisation",
        label: "Group",
        placeholder: "acme/platform",
        description: "Its subgroups count, too. Left empty: all projects that the token's user is a member of.",
      },
    ],
    logins: [
      {
        id: "token",
        title: "Token",
        settings: [],
        secrets: [TOKEN],
        advice: "A group or personal access token with scope read_api; api for statuses on merge requests.",
      },
    ],
    webhook: [
      "In the group's settings open Webhooks and choose Add new webhook.",
      "Paste the address as URL and enter the secret as Secret token.",
      "Choose Push events and Merge request events.",
    ],
  },
  gitea: {
    url: { key: "url", label: "Address", required: true, initial: "", placeholder: "https://git.example.com" },
    scope: [
      {
        key: "organisation",
        label: "Organisation or user",
        description: "Left empty: all repositories that the token may see.",
      },
    ],
    logins: [
      {
        id: "token",
        title: "Token",
        settings: [],
        secrets: [TOKEN],
        advice: "A token with read access to repositories; write access for statuses and comments on pull requests.",
      },
      {
        id: "password",
        title: "User name and password",
        settings: [USERNAME],
        secrets: [PASSWORD],
        advice: "For forges without tokens. A token can be taken back alone, so it is the better choice.",
      },
    ],
    webhook: [
      "In the organisation's settings open Webhooks and add one of type Gitea or Forgejo.",
      "Paste the address as Target URL, choose POST and application/json, and enter the secret.",
      "Choose the events Push, Pull request and Repository. If this portal has a private address, the forge must list it in webhook.ALLOWED_HOST_LIST.",
    ],
  },
  "bitbucket-server": {
    url: { key: "url", label: "Address", required: true, initial: "", placeholder: "https://bitbucket.example.com" },
    scope: [
      {
        key: "projects",
        label: "Projects",
        many: true,
        placeholder: "PAY, PLAT*",
        description: "Keys of projects; * stands for anything. Left empty: all projects.",
      },
      {
        key: "thorough",
        label: "List the root of each repository in the first pass",
        description: "Costs a request more for each, once; both port.yml and port.yaml are then seen from the start.",
        flag: true,
      },
    ],
    logins: [
      {
        id: "token",
        title: "Token",
        settings: [],
        secrets: [TOKEN],
        advice: "An HTTP access token with read access to repositories; write access for build statuses.",
      },
      {
        id: "password",
        title: "User name and password",
        settings: [USERNAME],
        secrets: [PASSWORD],
        advice: "After five wrong logins Bitbucket locks an account, so nothing is tried again after two refusals.",
      },
    ],
    webhook: [
      "In the project's settings, or a repository's, open Webhooks and choose Create webhook.",
      "Paste the address as URL and enter the secret.",
      "Choose Repository: Push and Modified, and Pull request: Opened, Source branch updated and Modified.",
    ],
  },
  git: {
    url: {
      key: "url",
      label: "Address",
      initial: "",
      placeholder: "https://git.example.com/acme/catalog.git",
      description: "Of one repository, or ssh://git@host of a gitolite server. Left empty: the list beside it.",
    },
    scope: [
      {
        key: "repositories",
        label: "Repositories",
        many: true,
        placeholder: "https://git.example.com/acme/a.git",
        description: "Addresses of several repositories, instead of one.",
      },
      {
        key: "webUrl",
        label: "Page of a file",
        placeholder: "https://git.example.com/{label}/blob/{commit}/{path}#L{line}",
        description: "Where people look at files, for links; with {label}, {commit}, {path} and {line} in it.",
      },
    ],
    logins: [
      {
        id: "none",
        title: "No login",
        settings: [],
        secrets: [],
        advice: "Whoever reaches the server may read.",
      },
      {
        id: "password",
        title: "Password",
        settings: [{ ...USERNAME, required: false }],
        secrets: [PASSWORD],
        advice: "Sent over HTTPS, to the origin of the address and nowhere else.",
      },
      {
        id: "token",
        title: "Token",
        settings: [],
        secrets: [TOKEN],
        advice: "Sent over HTTPS, to the origin of the address and nowhere else.",
      },
      {
        id: "key",
        title: "SSH key",
        settings: [
          {
            key: "knownHosts",
            label: "Host keys",
            long: true,
            required: true,
            placeholder: "git.example.com ssh-ed25519 AAAA…",
            description: "Lines of a known_hosts file. Servers with other keys are not spoken to.",
          },
        ],
        secrets: [{ key: "privateKey", label: "Private key", required: true, long: true, placeholder: "-----BEGIN …" }],
        advice: "A key for this purpose only, with read access.",
      },
    ],
    webhook: [
      "Send a signed POST from a post-receive hook: its body is JSON with url, ref, before and after.",
      "The header X-Portal-Timestamp has the time in seconds since 1970.",
      "X-Portal-Signature-256 is sha256= and the hex HMAC of the time, a dot and the body under the secret.",
    ],
  },
};

/** The login that a source has been using. */
export function loginOf(kind: Kind, secrets: Record<string, boolean>): string {
  const { logins } = KIND_FORMS[kind];
  const used = logins.find((login) => login.secrets.some(({ key }) => secrets[key]));
  const silent = logins.find((login) => login.secrets.length === 0);
  return (used ?? silent ?? logins[0])?.id ?? "";
}
