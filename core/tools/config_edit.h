// Changes to main.cf as `postconf -e`, -X and -# make them: what is changed is changed where it
// stands, everything else, comments too, stays as it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace postern::tools {

enum class EditKind {
  kSet,         // -e name=value; appended where the file does not have it
  kRemove,      // -X name
  kCommentOut,  // -# name
};
struct Edit {
  EditKind kind;
  std::string name;
  std::string value;  // of kSet
};

// The text after the edits.  Of a name that stands several times the last place keeps it, since
// that is the one that counts.  Pure.
std::string edit_text(std::string_view text, const std::vector<Edit>& edits);

// The same in a file: written beside it, synced, renamed over it, with its rights and owner.
Result<void> edit_file(const std::string& path, const std::vector<Edit>& edits);

// "name=value" or "name = value".  kInvalid: no =, no name, a blank in the name, or a line break in
// the value, which would be another setting.
Result<Edit> parse_edit(std::string_view text);

}  // namespace postern::tools
