# METADATA
# title: The image is within its budget of bytes
# custom:
#   id: image/size_budget
#   severity: low
#   references: {nist: ["CM-7"]}
#   rationale: An image that grew without anybody having meant it holds something that nobody meant.
#   remediation: See which layer grew, and leave out of it what is not needed to run; or raise max_image_bytes.
#   parameters:
#     max_image_bytes: {description: "Bytes of configuration and layers as stored, compressed or not, that the image may have; 0 for no budget.", default: 0}
package drift.image.size_budget

deny contains {"observed": concat(" ", [format_int(input.image.size, 10), "bytes"]), "expected": concat(" ", [format_int(data.params.max_image_bytes, 10), "bytes or less"])} if {
	data.params.max_image_bytes > 0
	input.image != null
	input.image.size > data.params.max_image_bytes
}

not_checked contains "the parameter max_image_bytes sets no budget" if data.params.max_image_bytes <= 0

not_applicable contains "the target is no image" if input.image == null
