# METADATA
# title: The image starts what the approved one starts
# custom:
#   id: immutability/image_configuration_unchanged
#   severity: high
#   references: {nist: [CM-3, CM-6]}
#   rationale: >-
#     User, entry point, command, environment and volumes of an image decide what runs, and with which
#     rights, without one file being changed.
#   remediation: >-
#     Deploy the approved image, or seal a baseline of the new one after approving it.
package drift.immutability.image_configuration_unchanged

import data.drift.lib.baseline
import data.drift.lib.changes

deny contains {"observed": value(attribute.after), "expected": value(attribute.before), "message": change.path} if {
	some change in changes.of_target
	change.subject == "fact"
	change.fact.collector == "image"
	some attribute in change.attributes
}

value(text) := substring(text, 0, 500) if is_string(text)

value(text) := "not set" if not is_string(text)

not_applicable contains "neither side is an image" if {
	not is_object(input.image)
	not is_object(input.baseline.image)
}

not_checked contains "only one side is an image" if {
	is_object(input.image)
	not is_object(input.baseline.image)
}

not_checked contains "only one side is an image" if {
	not is_object(input.image)
	is_object(input.baseline.image)
}

not_checked contains baseline.no_earlier if {
	is_object(input.image)
	not baseline.earlier
}
