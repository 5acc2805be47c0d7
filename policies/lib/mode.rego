# Permissions as reports write them: octal digits in a text, such as "0755".
package drift.lib.mode

# The number that a text of octal digits stands for.
bits(text) := sum([value |
	some place, digit in split(text, "")
	value := to_number(digit) * product([8 | some below in numbers.range(1, count(text)); below > place + 1])
])
