# METADATA
# title: Nobody logs in as root or an account of the system by key
# custom:
#   id: host/authorized_keys_of_system_accounts
#   severity: high
#   references: {nist: ["AC-6", "IA-2", "AC-17"]}
#   rationale: A key in the home of an account that no person uses is a favoured way to come back, and root's keys leave no trace of who came.
#   remediation: Find out who put it there and since when; remove the file, or allow root's keys (root_keys_allowed) where that is how the host is run.
#   paths: [/etc/passwd]
#   parameters:
#     root_keys_allowed: {description: Whether root may have authorized keys., default: false}
#     system_keys_allowed: {description: "Accounts of the system, or without login shell, that may have authorized keys.", default: []}
package drift.host.authorized_keys_of_system_accounts

deny contains {"path": key.path, "observed": concat(" ", ["authorized keys of", name]), "expected": "none"} if {
	some name, user in input.accounts.users
	impersonal(user)
	not allowed(name, user)
	some key in user.authorized_keys
	key.size != 0
}

impersonal(user) if user.system

impersonal(user) if not user.login

allowed(_, user) if {
	user.uid == 0
	data.params.root_keys_allowed
}

allowed(name, _) if name in data.params.system_keys_allowed

not_applicable contains "there is no /etc/passwd" if input.files["/etc/passwd"].state == "absent"
