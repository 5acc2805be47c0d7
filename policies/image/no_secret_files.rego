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
#     - /root/*/credentials.toml
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

found contains {"kind": "a private key", "file": file} if some file in input.files["/root/.ssh/id_*"].matches

found contains {"kind": "a private key", "file": file} if some file in input.files["/home/*/.ssh/id_*"].matches

found contains {"kind": "a private key", "file": file} if some file in input.files["/etc/ssl/private/*.key"].matches

found contains {"kind": "credentials", "file": input.files["/root/.aws/credentials"]}

found contains {"kind": "credentials", "file": input.files["/root/.azure/accessTokens.json"]}

found contains {"kind": "credentials", "file": file} if some file in input.files["/root/*/credentials.toml"].matches

found contains {"kind": "credentials", "file": input.files["/root/.config/gcloud/application_default_credentials.json"]}

found contains {"kind": "credentials", "file": input.files["/root/.docker/config.json"]}

found contains {"kind": "credentials", "file": input.files["/root/.git-credentials"]}

found contains {"kind": "credentials", "file": input.files["/root/.kube/config"]}

found contains {"kind": "credentials", "file": input.files["/root/.my.cnf"]}

found contains {"kind": "credentials", "file": input.files["/root/.netrc"]}

found contains {"kind": "credentials", "file": input.files["/root/.npmrc"]}

found contains {"kind": "credentials", "file": input.files["/root/.pgpass"]}

found contains {"kind": "credentials", "file": input.files["/root/.pypirc"]}

found contains {"kind": "credentials", "file": input.files["/root/.vault-token"]}

found contains {"kind": "credentials", "file": input.files["/etc/krb5.keytab"]}

found contains {"kind": "credentials", "file": input.files["/kaniko/.docker/config.json"]}

found contains {"kind": "credentials", "file": file} if some file in input.files["/home/*/.aws/credentials"].matches

found contains {"kind": "credentials", "file": file} if some file in input.files["/home/*/.azure/accessTokens.json"].matches

found contains {"kind": "credentials", "file": file} if some file in input.files["/home/*/.cargo/credentials.toml"].matches

found contains {"kind": "credentials", "file": file} if some file in input.files["/home/*/.config/gcloud/application_default_credentials.json"].matches

found contains {"kind": "credentials", "file": file} if some file in input.files["/home/*/.docker/config.json"].matches

found contains {"kind": "credentials", "file": file} if some file in input.files["/home/*/.git-credentials"].matches

found contains {"kind": "credentials", "file": file} if some file in input.files["/home/*/.kube/config"].matches

found contains {"kind": "credentials", "file": file} if some file in input.files["/home/*/.my.cnf"].matches

found contains {"kind": "credentials", "file": file} if some file in input.files["/home/*/.netrc"].matches

found contains {"kind": "credentials", "file": file} if some file in input.files["/home/*/.npmrc"].matches

found contains {"kind": "credentials", "file": file} if some file in input.files["/home/*/.pgpass"].matches

found contains {"kind": "credentials", "file": file} if some file in input.files["/home/*/.pypirc"].matches

found contains {"kind": "credentials", "file": file} if some file in input.files["/home/*/.vault-token"].matches

found contains {"kind": "a history of commands", "file": input.files["/root/.bash_history"]}

found contains {"kind": "a history of commands", "file": input.files["/root/.python_history"]}

found contains {"kind": "a history of commands", "file": input.files["/root/.mysql_history"]}

found contains {"kind": "a history of commands", "file": input.files["/root/.psql_history"]}

found contains {"kind": "a history of commands", "file": file} if some file in input.files["/home/*/.bash_history"].matches

found contains {"kind": "a history of commands", "file": file} if some file in input.files["/home/*/.python_history"].matches

found contains {"kind": "a history of commands", "file": file} if some file in input.files["/home/*/.mysql_history"].matches

found contains {"kind": "a history of commands", "file": file} if some file in input.files["/home/*/.psql_history"].matches

deny contains {"path": file.path, "observed": kind, "expected": "no such file", "package": file.package} if {
	some one in found
	kind := one.kind
	file := one.file
	file.state == "present"
	file.type != "directory"
	file.size != 0
	not endswith(file.path, ".pub")
	not file.path in data.params.secret_files_allowed
}
