# METADATA
# title: The lowest layers are those of the approved base
# custom:
#   id: image/base_layers_approved
#   severity: critical
#   references: {cis-docker: ["4.2"], nist-800-190: ["4.1.5"], nist: ["CM-2", "SI-7", "SR-4"]}
#   rationale: What an image says of its base is its author's word; the digests of its layers are the content itself.
#   remediation: Build again on the approved base, and find out where these layers came from.
#   parameters:
#     base_layers: {description: "The layers of the approved base, the lowest first, as digests of the unpacked archives (diff_id), such as sha256:….", default: []}
package drift.image.base_layers_approved

deny contains {"observed": found(index), "expected": wanted, "message": concat(" ", ["layer", format_int(index, 10), "is not that of the approved base"])} if {
	input.image != null
	some index, wanted in data.params.base_layers
	found(index) != wanted
}

found(index) := input.image.layers[index].diff_id

found(index) := "no such layer" if index >= count(input.image.layers)

not_checked contains "the parameter base_layers is empty" if count(data.params.base_layers) == 0

not_applicable contains "the target is no image" if input.image == null
