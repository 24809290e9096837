#include "core/tools/config_edit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>

#include "core/base/unique_fd.h"
#include "core/config/logical_lines.h"
#include "core/config/words.h"

namespace postern::tools {
namespace {

// A setting with its continuation lines, or anything else, line by line.
struct Piece {
  std::string text;  // with line ends
  std::string name;  // "": a comment, an empty line
};

bool is_comment(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r\n");
  return first == line.npos || line[first] == '#';
}

std::vector<Piece> cut(std::string_view text) {
  std::vector<Piece> out;
  std::size_t setting = text.npos;  // in `out`, that continuation lines belong to
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string line(text.substr(0, end == text.npos ? end : end + 1));
    text.remove_prefix(line.size());
    if (!line.ends_with('\n')) line += '\n';
    if (is_comment(line)) {
      out.push_back({std::move(line), ""});
    } else if (config::is_blank(line[0]) && setting != text.npos) {
      // Comments between a line and its continuation stay where they are, behind the setting.
      out[setting].text += line;
    } else {
      const auto pair = config::split_name_value(config::trim(line));
      std::string name(pair ? pair->name : std::string_view());
      out.push_back({std::move(line), std::move(name)});
      setting = out.size() - 1;
    }
  }
  return out;
}

std::string commented(std::string_view text) {
  std::string out = "#";
  for (const char c : text.substr(0, text.size() - 1)) {
    out += c;
    if (c == '\n') out += '#';
  }
  return out + "\n";
}

}  // namespace

std::string edit_text(std::string_view text, const std::vector<Edit>& edits) {
  std::vector<Piece> pieces = cut(text);
  std::map<std::string, const Edit*> wanted;
  for (const Edit& each : edits)
    wanted[each.name] = &each;
  // From the end: the first that is met is the one that counts.
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
    const auto found = wanted.find(piece->name);
    if (piece->name.empty() || found == wanted.end()) continue;
    const Edit* edit = found->second;
    if (edit == nullptr || edit->kind == EditKind::kRemove) {
      piece->text.clear();
    } else if (edit->kind == EditKind::kCommentOut) {
      piece->text = commented(piece->text);
    } else {
      piece->text = fmt::format("{} = {}\n", edit->name, edit->value);
      found->second = nullptr;  // earlier ones go
    }
  }
  std::string out;
  for (const Piece& each : pieces)
    out += each.text;
  for (const auto& [name, edit] : wanted)
    if (edit != nullptr && edit->kind == EditKind::kSet)
      out += fmt::format("{} = {}\n", edit->name, edit->value);
  return out;
}

Result<void> edit_file(const std::string& path, const std::vector<Edit>& edits) {
  const auto text = config::read_config_file(path);
  if (!text) return std::unexpected(text.error());
  const std::string edited = edit_text(*text, edits);
  if (edited == *text) return {};
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0) return fail_errno(path);
  const std::string temporary = path + ".tmp";
  ::unlink(temporary.c_str());
  UniqueFd file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return fail_errno(temporary);
  const auto broken = [&temporary] {
    const int cause = errno;
    ::unlink(temporary.c_str());
    return fail_errno(temporary, cause);
  };
  for (std::string_view rest = edited; !rest.empty();) {
    const ssize_t n = ::write(file.get(), rest.data(), rest.size());
    if (n < 0) return broken();
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  // Only root can give a file away; for others it is theirs already.
  if (::fchown(file.get(), info.st_uid, info.st_gid) != 0 && errno != EPERM) return broken();
  if (::fchmod(file.get(), info.st_mode & 07777) != 0 || ::fsync(file.get()) != 0 ||
      file.close() != 0 || ::rename(temporary.c_str(), path.c_str()) != 0)
    return broken();
  return {};
}

Result<Edit> parse_edit(std::string_view text) {
  const auto pair = config::split_name_value(text);
  if (!pair) return std::unexpected(pair.error());
  if (pair->value.find('\n') != std::string_view::npos)
    return fail(ErrorKind::kInvalid, "a line break in the value of {}", pair->name);
  return Edit{EditKind::kSet, std::string(pair->name), std::string(pair->value)};
}

}  // namespace postern::tools
