#!/usr/bin/env bash
# What action.yml runs: audit every export that INPUT_PATH names, and fail as the worst of them.
#
# A pull request must not decide how it is judged. Configuration and baseline are read from its
# base commit, and comments in the export silence nothing, unless INPUT_TRUST_EXPORT is "true".
# All values arrive by environment. Names in a pull request are hostile: they are never printed
# as they are, never the start of an option, and must not lead out of the workspace.
#
#   AUDIT               the command (default: audit)
#   PYTHON              the interpreter (default: python3)
#   INPUT_PATH          one export a line; ** and * match folders
#   INPUT_FAIL_ON       error, warning or note; empty: as configured
#   INPUT_REQUIRE       checks or families that must come to a conclusion, separated by spaces
#   INPUT_CONFIG        configuration for all exports, instead of the audit.toml in each
#   INPUT_BASELINE      findings that are accepted already
#   INPUT_TRUST_EXPORT  "true": take configuration, baseline and comments as checked out
#   BASE_SHA            base commit of the pull request; empty outside of one
set -euo pipefail
shopt -s nullglob globstar

audit=${AUDIT:-audit}
python=${PYTHON:-python3}
workspace=${GITHUB_WORKSPACE:-$PWD}
cd "$workspace"
out=$(mktemp -d "${RUNNER_TEMP:-/tmp}/leakage-audit.XXXXXX")
mkdir "$out/report" "$out/sarif" "$out/settings" "$out/annotations"

stop() {
  printf '::error title=leakage-audit::%s\n' "$1"
  exit "${2:-2}"
}

plain() { # a name that is safe in a log and in Markdown
  printf '%s' "${1//[^A-Za-z0-9._\/ =+-]/_}"
}

# --- what judges ---------------------------------------------------------------------------------

trusted=false
if [[ ${INPUT_TRUST_EXPORT:-false} == true ]]; then
  trusted=true
fi
base=${BASE_SHA:-}
case ${GITHUB_EVENT_NAME:-} in
  pull_request* | merge_group) [[ -n $base ]] || stop "the base commit of the pull request is not known" ;;
esac
if [[ $trusted == true ]]; then
  base=""
fi
if [[ -n $base ]]; then
  [[ $base =~ ^[0-9a-f]{40,64}$ ]] || stop "BASE_SHA is no commit"
  git cat-file -e "$base^{commit}" 2>/dev/null \
    || git fetch --quiet --depth=1 origin "$base" \
    || stop "the base commit cannot be read; check out with fetch-depth: 0"
fi

options=()
if [[ -n ${INPUT_FAIL_ON:-} ]]; then
  options+=(--fail-on "$INPUT_FAIL_ON")
fi
read -r -d '' -a required <<<"${INPUT_REQUIRE:-}" || true # -d: also over several lines
for id in "${required[@]}"; do
  options+=("--require=$id")
done
if [[ $trusted == false ]]; then
  options+=(--no-inline-ignores)
fi

# Copy FILE in FOLDER, as the base commit has it, to TARGET; fails where it has none.
from_base() { # FOLDER FILE TARGET
  git -C "$1" cat-file -e "$base:./$2" 2>/dev/null || return 1
  mkdir -p "$(dirname "$3")"
  git -C "$1" cat-file blob "$base:./$2" >"$3"
}

say_unused() { # FOLDER FILE COPY: say that the version of the pull request is not used
  if [[ -e $1/$2 ]] && ! cmp -s -- "$1/$2" "$3"; then
    printf '::notice title=leakage-audit::%s differs from the base branch and was not used; ' \
      "$(plain "$1/$2")"
    printf 'it counts once it is merged, or with trust-export\n'
  fi
}

empty=$out/settings/none/audit.toml
mkdir "$out/settings/none"
: >"$empty"

if [[ -n ${INPUT_BASELINE:-} ]]; then
  baseline=$INPUT_BASELINE
  if [[ -n $base ]]; then
    baseline=$out/settings/baseline.json
    if ! from_base . "$INPUT_BASELINE" "$baseline"; then
      baseline=""
    fi
    say_unused . "$INPUT_BASELINE" "${baseline:-$empty}"
  fi
  if [[ -n $baseline ]]; then
    options+=(--baseline "$baseline")
  fi
fi

# The configuration of an export goes to CONFIG; empty: the one that the export holds.
configure() { # EXPORT NUMBER
  local name copy
  config=${INPUT_CONFIG:-}
  [[ -n $base ]] || return 0
  config=$empty
  if [[ -n ${INPUT_CONFIG:-} ]]; then
    copy=$out/settings/$2/$(basename -- "$INPUT_CONFIG")
    if from_base . "$INPUT_CONFIG" "$copy"; then
      config=$copy
    fi
    say_unused . "$INPUT_CONFIG" "$config"
    return 0
  fi
  [[ -d $1 ]] || return 0
  for name in audit.toml pyproject.toml; do
    copy=$out/settings/$2/$name
    if from_base "$1" "$name" "$copy"; then
      config=$copy
      break
    fi
  done
  if [[ $config == */pyproject.toml ]]; then
    say_unused "$1" pyproject.toml "$config"
    say_unused "$1" audit.toml "$empty"
  else
    say_unused "$1" audit.toml "$config"
  fi
}

# --- what is judged ------------------------------------------------------------------------------

exports=()
while IFS= read -r line || [[ -n $line ]]; do
  line=${line#"${line%%[![:space:]]*}"}
  line=${line%"${line##*[![:space:]]}"}
  [[ -n $line ]] || continue
  before=${#exports[@]}
  IFS='' # a path may hold spaces; only * ? [ ] are expanded
  # shellcheck disable=SC2206
  exports+=($line)
  unset IFS
  ((${#exports[@]} > before)) || stop "no export matches $(plain "$line")" 3
done <<<"${INPUT_PATH:-.}"
((${#exports[@]} > 0)) || stop "path names no export" 3

top=$(realpath -- "$workspace")
for export in "${exports[@]}"; do
  [[ $(realpath -m -- "$export")/ == "$top"/* ]] \
    || stop "$(plain "$export") leads out of the workspace"
done

# --- audit ---------------------------------------------------------------------------------------

severity() { # how bad an exit code is: of several exports the worst one counts
  case $1 in
    0) echo 0 ;;
    1) echo 1 ;;
    3) echo 2 ;;
    4) echo 3 ;;
    2) echo 4 ;;
    *) echo 5 ;;
  esac
}

verdicts=(VALID INCONCLUSIVE SUSPECT INVALID)
worst=0
verdict=-1
number=0
{
  printf '| export | verdict | errors | warnings | notes |\n'
  printf '| --- | --- | --- | --- | --- |\n'
} >"$out/comment.md"

for export in "${exports[@]}"; do
  number=$((number + 1))
  name=$(basename -- "$(realpath -m -- "$export")")
  stem=$number-${name//[^A-Za-z0-9._-]/_}
  configure "$export" "$number"
  own=("${options[@]}")
  if [[ -n $config ]]; then
    own+=(--config "$config")
  fi
  code=0
  "$audit" run "${own[@]}" \
    --format console \
    --format "github:$out/annotations/$stem.txt" \
    --format "markdown:$out/report/$stem.md" \
    --format "json:$out/report/$stem.json" \
    --format "junit:$out/report/$stem.xml" \
    --format "sarif:$out/sarif/$stem.sarif" \
    -- "$export" || code=$?
  if (($(severity "$code") > $(severity "$worst"))); then
    worst=$code
  fi
  row='| - | - | - | -'
  if [[ -f $out/report/$stem.json ]]; then
    # -I: a pull request may have put a json.py into the folder where this runs.
    row=$("$python" -I -c '
import json, sys
report = json.load(open(sys.argv[1], encoding="utf-8"))
levels = [f["severity"] for run in report["runs"] for f in run["findings"]]
counts = [str(levels.count(level)) for level in ("ERROR", "WARNING", "NOTE")]
print("|", " | ".join([report["verdict"], *counts]))
' "$out/report/$stem.json")
    for index in "${!verdicts[@]}"; do
      if [[ $row == "| ${verdicts[index]} |"* ]] && ((index > verdict)); then
        verdict=$index
      fi
    done
  fi
  # shellcheck disable=SC2016
  printf '| `%s` %s |\n' "$(plain "$export")" "$row" >>"$out/comment.md"
done

for level in error warning notice; do
  for file in "$out"/annotations/*.txt; do
    grep "^::$level " "$file" || true
  done
done

answer=UNKNOWN
if ((verdict >= 0)); then
  answer=${verdicts[verdict]}
fi
{
  printf 'verdict=%s\n' "$answer"
  printf 'exit-code=%s\n' "$worst"
  printf 'sarif-file=%s\n' "$out/sarif"
  printf 'report=%s\n' "$out/report"
  printf 'comment=%s\n' "$out/comment.md"
} >>"${GITHUB_OUTPUT:-/dev/null}"
exit "$worst"
