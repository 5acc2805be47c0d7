# What the target was compared with.
package drift.lib.baseline

# A baseline whose seal held.
sealed if {
	input.baseline.kind == "sealed"
	input.baseline.verified == true
}

# The target as it was at another time, sealed or not: it tells what was added.
earlier if input.baseline.kind in {"sealed", "snapshot"}

# Anything at all.
compared if input.baseline.kind in {"sealed", "snapshot", "package-database"}

# Each of several baselines that compose, or the one there is.
parts := input.baseline.composed_of if count(input.baseline.composed_of) > 0

parts := [input.baseline] if count(input.baseline.composed_of) == 0

# Why a policy that needs a sealed baseline cannot be checked.
unsealed := "there is no sealed baseline; name one with --baseline"

# Why a policy that needs an earlier state cannot be checked.
no_earlier := "there is no baseline: a package database does not tell what was there before"

# Why a policy that looks at differences cannot be checked.
nothing_compared := "there is neither a baseline nor a package database, so nothing was compared"
