#include "core/tools/selector_options.h"

#include "core/base/queue_id.h"

namespace postern::tools {
namespace {

constexpr std::size_t kMaxIds = 10'000'000;
constexpr std::size_t kMaxLine = 4096;

Result<std::string> checked_id(std::string_view text) {
  // The marks that mailq puts behind an id.
  while (text.ends_with('*') || text.ends_with('!'))
    text.remove_suffix(1);
  const auto id = QueueId::parse(text);
  if (!id || !*id) return fail(ErrorKind::kInvalid, "not a queue id: {:?}", text.substr(0, 100));
  return id->to_string();
}

}  // namespace

bool read_selector(Options& options, Which& which) {
  const std::string name = options.long_name();
  if (which.kind != Which::Kind::kAll) return false;
  if (name == "sender") {
    which.kind = Which::Kind::kSender;
  } else if (name == "recipient") {
    which.kind = Which::Kind::kRecipient;
  } else if (name == "destination") {
    which.kind = Which::Kind::kDestination;
  } else {
    return false;
  }
  if (!options.take_value()) return false;
  which.text = options.value();
  return true;
}

Result<Which> read_ids(const Io& io, const Arguments& words) {
  if (words.empty()) return fail(ErrorKind::kInvalid, "no queue id; ALL means all");
  Which out;
  if (words[0] == "ALL") {
    if (words.size() > 1)
      return fail(ErrorKind::kInvalid,
                  "ALL {}: Postern has one queue; use --sender, --recipient or --destination",
                  words[1]);
    return out;
  }
  out.kind = Which::Kind::kIds;
  for (const std::string& word : words) {
    if (word == "-") {
      auto read = read_id_lines(io.in);
      if (!read) return std::unexpected(read.error());
      out.ids.insert(out.ids.end(), read->begin(), read->end());
      continue;
    }
    auto id = checked_id(word);
    if (!id) return std::unexpected(id.error());
    out.ids.push_back(std::move(*id));
  }
  return out;
}

Result<std::vector<std::string>> read_id_lines(std::FILE* in) {
  std::vector<std::string> out;
  std::string line;
  for (int c; (c = std::fgetc(in)) != EOF || !line.empty();) {
    if (c != EOF && c != '\n') {
      if (line.size() == kMaxLine) return fail(ErrorKind::kLimit, "a line is too long");
      line.push_back(static_cast<char>(c));
      continue;
    }
    const std::size_t begin = line.find_first_not_of(" \t\r");
    if (begin != line.npos) {
      const std::size_t end = line.find_first_of(" \t\r", begin);
      auto id = checked_id(std::string_view(line).substr(begin, end - begin));
      if (!id) return std::unexpected(id.error());
      if (out.size() == kMaxIds) return fail(ErrorKind::kLimit, "more than {} ids", kMaxIds);
      out.push_back(std::move(*id));
    }
    line.clear();
    if (c == EOF) break;
  }
  return out;
}

}  // namespace postern::tools
