#!/bin/sh
# Looks after a deployment: checks it, and says what the newest OpenCode would change. For any CI, and for cron.
#
# The environment says what to do; each half is left out when its first variable is not set:
#   OPENCODE_SERVER_URL       the deployment to check, such as https://your-app.fly.dev/opencode
#   OPENCODE_SERVER_PASSWORD  its password
#   LEVEL                     how far the check goes: read, write (as it is unless set), prompt (costs money)
#   PINNED                    the version that you run, such as 1.18.3, or any target: local:/path, https://...
#   NEWEST                    what to compare it with; unless set, the newest version that npm has
#   REPORT                    the folder for reports: opencode-report
#   GITHUB_STEP_SUMMARY       a file that the summary is added to; unless set, it is printed
#
# Ends with 0 when the contract holds and the newest version is safe, 1 when not, 2 when one of them could not be told.
set -u

report=${REPORT:-opencode-report}
summary=$report/summary.md
worst=0

say() { printf '%s\n' "$*" >>"$summary"; }

# note CODE: keeps the worst; a finding (1) weighs more than something that could not be told (2 and above).
note() {
	case $1 in
	0) ;;
	1) worst=1 ;;
	*) [ "$worst" = 1 ] || worst=2 ;;
	esac
}

# verdict CODE GOOD BAD: the words for an exit code.
verdict() {
	case $1 in
	0) echo "$2" ;;
	1) echo "**$3**" ;;
	*) echo "**could not be told**" ;;
	esac
}

# show FILE: a file's text in the summary, which GitHub cuts at 1 MB.
show() {
	say '~~~~'
	head -c 100000 "$1" >>"$summary"
	say '~~~~' ''
}

target() {
	case $1 in
	*:*) echo "$1" ;;
	*) echo "local:$1" ;;
	esac
}

check() {
	opencode-contract check "$OPENCODE_SERVER_URL" --level "${LEVEL:-write}" --junit "$report/check.xml" \
		>"$report/check.txt" 2>&1
	code=$?
	note "$code"
	say "## Contract on $OPENCODE_SERVER_URL: $(verdict "$code" holds 'does not hold')"
	show "$report/check.txt"
}

capture() {
	opencode-contract capture "$(target "$1")" -o "$2" >>"$report/compare.txt" 2>&1
}

compare() {
	newest=${NEWEST:-$(npm view opencode-ai version 2>"$report/compare.txt")}
	: >>"$report/compare.txt"
	# Each server is asked once; the reports are made from what it said.
	if [ -n "$newest" ] && capture "$PINNED" "$report/pinned.json" && capture "$newest" "$report/newest.json"; then
		set -- "$report/pinned.json" "$report/newest.json"
		opencode-contract compare "$@" --html "$report/compare.html" >"$report/compare.txt" 2>&1
		code=$?
		opencode-contract compare "$@" --json >"$report/compare.json" 2>/dev/null
	else
		code=2
	fi
	note "$code"
	say "## OpenCode $PINNED to ${newest:-the newest}: $(verdict "$code" safe breaking)"
	show "$report/compare.txt"
}

if [ -z "${OPENCODE_SERVER_URL:-}${PINNED:-}" ]; then
	echo "nothing to do: set OPENCODE_SERVER_URL to check a deployment, PINNED to compare its version with the newest" >&2
	exit 2
fi
mkdir -p "$report" || exit 2
: >"$summary"
[ -z "${OPENCODE_SERVER_URL:-}" ] || check
[ -z "${PINNED:-}" ] || compare
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
	cat "$summary" >>"$GITHUB_STEP_SUMMARY"
else
	cat "$summary"
fi
exit "$worst"
