# METADATA
# title: No keys and credentials among the files
# custom:
#   id: image/no_secret_files
#   severity: critical
#   references: {cis-docker: ["4.10"], nist-800-190: ["4.1.4"], nist: ["IA-5", "SC-12", "SC-28"]}
#   rationale: Everybody who can pull the image has the file, and every host made from it shares the key.
#   remediation: Withdraw the key or credential where it is valid, and give it to hosts when they start; removing it in a later layer leaves it in the earlier one.
#   paths:
#     - /root/.ssh/id_*
#     - /home/*/.ssh/id_*
#     - /etc/ssl/private/*.key
#     - /root/.aws/credentials
#     - /home/*/.aws/credentials
#     - /root/.azure/accessTokens.json
#     - /home/*/.azure/accessTokens.json
#     - /root/.cargo/credentials.toml
#     - /home/*/.cargo/credentials.toml
#     - /root/.config/gcloud/application_default_credentials.json
#     - /home/*/.config/gcloud/application_default_credentials.json
#     - /root/.docker/config.json
#     - /home/*/.docker/config.json
#     - /root/.git-credentials
#     - /home/*/.git-credentials
#     - /root/.kube/config
#     - /home/*/.kube/config
#     - /root/.my.cnf
#     - /home/*/.my.cnf
#     - /root/.netrc
#     - /home/*/.netrc
#     - /root/.npmrc
#     - /home/*/.npmrc
#     - /root/.pgpass
#     - /home/*/.pgpass
#     - /root/.pypirc
#     - /home/*/.pypirc
#     - /root/.vault-token
#     - /home/*/.vault-token
#     - /etc/krb5.keytab
#     - /kaniko/.docker/config.json
#     - /root/.bash_history
#     - /home/*/.bash_history
#     - /root/.python_history
#     - /home/*/.python_history
#     - /root/.mysql_history
#     - /home/*/.mysql_history
#     - /root/.psql_history
#     - /home/*/.psql_history
#   parameters:
#     secret_files_allowed: {description: Paths of these that may be there., default: []}
package drift.image.no_secret_files

found["a private key"] contains file if some file in input.files["/root/.ssh/id_*"].matches

found["a private key"] contains file if some file in input.files["/home/*/.ssh/id_*"].matches

found["a private key"] contains file if some file in input.files["/etc/ssl/private/*.key"].matches

found["credentials"] contains file if {
	some file in [
		input.files["/root/.aws/credentials"],
		input.files["/root/.azure/accessTokens.json"],
		input.files["/root/.cargo/credentials.toml"],
		input.files["/root/.config/gcloud/application_default_credentials.json"],
		input.files["/root/.docker/config.json"],
		input.files["/root/.git-credentials"],
		input.files["/root/.kube/config"],
		input.files["/root/.my.cnf"],
		input.files["/root/.netrc"],
		input.files["/root/.npmrc"],
		input.files["/root/.pgpass"],
		input.files["/root/.pypirc"],
		input.files["/root/.vault-token"],
		input.files["/etc/krb5.keytab"],
		input.files["/kaniko/.docker/config.json"],
	]
}

found["credentials"] contains file if some file in input.files["/home/*/.aws/credentials"].matches

found["credentials"] contains file if some file in input.files["/home/*/.azure/accessTokens.json"].matches

found["credentials"] contains file if some file in input.files["/home/*/.cargo/credentials.toml"].matches

found["credentials"] contains file if some file in input.files["/home/*/.config/gcloud/application_default_credentials.json"].matches

found["credentials"] contains file if some file in input.files["/home/*/.docker/config.json"].matches

found["credentials"] contains file if some file in input.files["/home/*/.git-credentials"].matches

found["credentials"] contains file if some file in input.files["/home/*/.kube/config"].matches

found["credentials"] contains file if some file in input.files["/home/*/.my.cnf"].matches

found["credentials"] contains file if some file in input.files["/home/*/.netrc"].matches

found["credentials"] contains file if some file in input.files["/home/*/.npmrc"].matches

found["credentials"] contains file if some file in input.files["/home/*/.pgpass"].matches

found["credentials"] contains file if some file in input.files["/home/*/.pypirc"].matches

found["credentials"] contains file if some file in input.files["/home/*/.vault-token"].matches

found["a history of commands"] contains file if {
	some file in [
		input.files["/root/.bash_history"],
		input.files["/root/.python_history"],
		input.files["/root/.mysql_history"],
		input.files["/root/.psql_history"],
	]
}

found["a history of commands"] contains file if some file in input.files["/home/*/.bash_history"].matches

found["a history of commands"] contains file if some file in input.files["/home/*/.python_history"].matches

found["a history of commands"] contains file if some file in input.files["/home/*/.mysql_history"].matches

found["a history of commands"] contains file if some file in input.files["/home/*/.psql_history"].matches

deny contains {"path": file.path, "observed": kind, "expected": "no such file", "package": file.package} if {
	some kind, files in found
	some file in files
	file.state == "present"
	file.type != "directory"
	file.size != 0
	not endswith(file.path, ".pub")
	not file.path in data.params.secret_files_allowed
}
