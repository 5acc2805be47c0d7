# METADATA
# title: Accounts of the system have no login shell
# custom:
#   id: host/system_accounts_without_login
#   severity: medium
#   references: {cis: ["5.4.2.7"], ssg: ["no_shelllogin_for_systemaccounts"], nist: ["AC-6", "CM-7"]}
#   rationale: An account that a service runs as needs no shell; with one, who gets hold of the account gets a session too.
#   remediation: Set its shell to /usr/sbin/nologin (usermod -s), or name it in system_login_allowed when its package needs one.
#   paths: [/etc/passwd]
#   parameters:
#     system_login_allowed: {description: Accounts of the system that may have a login shell., default: [root]}
package drift.host.system_accounts_without_login

deny contains {"path": "/etc/passwd", "line": user.line, "observed": concat(" ", [name, "with", user.shell]), "expected": "/usr/sbin/nologin"} if {
	some name, user in input.accounts.users
	user.system
	user.login
	not name in data.params.system_login_allowed
}

not_applicable contains "there is no /etc/passwd" if input.files["/etc/passwd"].state == "absent"
