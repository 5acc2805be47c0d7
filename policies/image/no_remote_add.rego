# METADATA
# title: Nothing was added to the image straight from the network
# custom:
#   id: image/no_remote_add
#   severity: low
#   references: {cis-docker: ["4.9", "4.11"], nist: ["SR-4", "SI-7"]}
#   rationale: ADD with an address takes whatever the server sends that day; nobody compared it with anything.
#   remediation: Fetch it in a step that verifies a digest or a signature (ADD --checksum=sha256:…), and COPY it.
package drift.image.no_remote_add

deny contains {"observed": step.created_by, "expected": "COPY, or ADD --checksum"} if {
	some step in input.image.history
	step.created_by != null
	regex.match("(^|[ \\t])ADD[ \\t]+([^ \\t]+[ \\t]+)*[\\[\"]*((https?|ftp|git|ssh)://|git@)", step.created_by)
	not regex.match("(^|[ \\t])ADD[ \\t]+(--[^ \\t]+[ \\t]+)*--checksum=", step.created_by)
}

not_checked contains "the image has no history" if {
	input.image != null
	count(input.image.history) == 0
}

not_applicable contains "the target is no image" if input.image == null
