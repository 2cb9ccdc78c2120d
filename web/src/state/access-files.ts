export interface Access {
  origin: string;
  authUrl: string;
  user: string;
  userId: string;
  project: string;
  projectId: string;
  token: string;
  cloud: string;
}

/** For openstackclient, openstacksdk, Terraform and Ansible; the password is asked for. */
export function cloudsYaml(access: Access): string {
  return `clouds:
  ${access.cloud}:
    auth_type: v3password
    auth:
      auth_url: ${access.authUrl}
      username: ${quoted(access.user)}
      user_domain_id: default
      project_id: ${access.projectId}
      # password: left out on purpose; the client asks, or use OS_PASSWORD
    region_name: default
    identity_api_version: 3
`;
}

/** For a shell: source it, it asks for the password and keeps it in that shell only. */
export function openrc(access: Access): string {
  return `#!/usr/bin/env bash
# Use it with: source openrc
export OS_AUTH_URL=${access.authUrl}
export OS_IDENTITY_API_VERSION=3
export OS_AUTH_TYPE=v3password
export OS_USERNAME=${shellQuoted(access.user)}
export OS_USER_DOMAIN_ID=default
export OS_PROJECT_ID=${access.projectId}
export OS_REGION_NAME=default
if [ -z "$OS_PASSWORD" ]; then
  printf 'Password of %s: ' "$OS_USERNAME"
  read -rs OS_PASSWORD && printf '\\n'
  export OS_PASSWORD
fi
`;
}

/** For kamaki: holds the token that was got by signing in, and ends with it. */
export function kamakirc(access: Access): string {
  return `[global]
default_cloud = ${access.cloud}

[cloud "${access.cloud}"]
url = ${access.origin}/astakos/identity/v2.0
token = ${access.token}
`;
}

/** For rclone, over the Swift API; rclone asks for the password by RCLONE_CONFIG_<CLOUD>_KEY. */
export function rcloneConf(access: Access): string {
  return `[${access.cloud}]
type = swift
auth = ${access.authUrl}
auth_version = 3
user = ${access.user}
domain = default
tenant_id = ${access.projectId}
`;
}

const quoted = (text: string): string => JSON.stringify(text);
const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
