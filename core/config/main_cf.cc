#include "core/config/main_cf.h"

#include <functional>
#include <utility>

#include "core/config/words.h"

namespace postern::config {

MainCf MainCf::parse(std::string_view text, const std::string& file, Diagnostics& diagnostics,
                     const FileLimits& limits) {
  MainCf result;
  for (const LogicalLine& line : read_logical_lines(text, file, diagnostics, limits)) {
    const SourcePlace place{file, line.first_line};
    const auto pair = split_name_value(line.text);
    if (!pair) {
      diagnostics.error(place, "", pair.error().context);
      continue;
    }
    Assignment assignment{std::string(pair->name), std::string(pair->value), place};
    const auto [known, is_new] =
        result.index_.try_emplace(assignment.name, result.assignments_.size());
    if (is_new) {
      result.assignments_.push_back(std::move(assignment));
      continue;
    }
    Assignment& earlier = result.assignments_[known->second];
    diagnostics.warning(place, assignment.name,
                        fmt::format("set here and in line {}: the value here ({}) counts, {} of "
                                    "line {} does not",
                                    earlier.place.line, quoted(assignment.value),
                                    quoted(earlier.value), earlier.place.line));
    earlier = std::move(assignment);
  }
  return result;
}

void MainCf::set_from_outside(std::string name, std::string value) {
  const auto [known, is_new] = index_.try_emplace(name, assignments_.size());
  Assignment assignment{std::move(name), std::move(value), {"command line", 0}};
  if (is_new)
    assignments_.push_back(std::move(assignment));
  else
    assignments_[known->second] = std::move(assignment);
}

const Assignment* MainCf::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &assignments_[found->second];
}

}  // namespace postern::config
