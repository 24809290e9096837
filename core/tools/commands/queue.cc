// postern queue: what is possible on the spool itself, with or without an engine, and however
// damaged it is.
//   export -d DIR [queue_id ...]     DIR/<id>.eml (RFC 5322) and DIR/<id>.json (envelope)
//   export --salvage FILE -d DIR     the same of one file of corrupt/, as far as it can be read
//   corrupt [--json]                 what was set aside, and damage not yet set aside

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/base/unique_fd.h"
#include "core/spool/spool_view.h"
#include "core/tools/commands.h"
#include "core/tools/options.h"
#include "core/tools/queue_source.h"
#include "core/tools/queue_text.h"
#include "core/tools/selector_options.h"

namespace postern::tools {
namespace {

constexpr std::string_view kUsage =
    "[-c dir] export -d directory [queue_id ... | --salvage file] | [-c dir] corrupt [--json]";
constexpr std::uint64_t kMaxSalvage = std::uint64_t{1} << 30;

// A new file that only its owner reads.  Never an existing one, never through a link.
Result<void> write_file(const std::string& path,
                        const std::function<Result<void>(std::FILE*)>& fill) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return fail_errno(path);
  std::FILE* file = ::fdopen(fd, "w");
  if (file == nullptr) {
    ::close(fd);
    return fail_errno(path);
  }
  auto filled = fill(file);
  const bool is_written = std::ferror(file) == 0;
  if (std::fclose(file) != 0 || !is_written) filled = fail_errno(path);
  if (!filled) ::unlink(path.c_str());
  return filled;
}

Result<void> export_message(const spool::StoredMessage& stored, const std::string& directory) {
  const std::string stem = directory + "/" + stored.id.to_string();
  const auto content = [&stored](std::FILE* file) {
    return copy_content(*stored.content, [file](std::string_view piece) {
      return std::fwrite(piece.data(), 1, piece.size(), file) == piece.size();
    });
  };
  if (auto written = write_file(stem + ".eml", content); !written) return written;
  const std::string envelope = envelope_json(view_of(stored), stored.envelope);
  return write_file(stem + ".json", [&envelope](std::FILE* file) -> Result<void> {
    std::fwrite(envelope.data(), 1, envelope.size(), file);
    return {};
  });
}

int export_salvaged(const Io& io, std::string_view called_as, const std::string& file,
                    const std::string& directory) {
  const spool::SpoolFiles files(spool::FileSystem::posix(), "/");
  const auto octets = files.read_whole(file, kMaxSalvage);
  if (!octets) return fail_with(io, called_as, octets.error());
  const auto stored = spool::salvage(*octets);
  if (!stored) return fail_with(io, called_as, stored.error());
  if (const auto done = export_message(*stored, directory); !done)
    return fail_with(io, called_as, done.error());
  print(io, "{}/{}.eml: salvaged without a valid checksum: look at it before you use it\n",
        directory, stored->id.to_string());
  return EX_OK;
}

int export_messages(const Io& io, std::string_view called_as, const Site& site,
                    const std::string& directory, const Arguments& words) {
  const auto view = spool::SpoolView::open(spool::FileSystem::posix(), site.spool_directory);
  if (!view) return fail_with(io, called_as, view.error());
  std::vector<QueueId> ids;
  if (words.empty() || words[0] == "ALL") {
    ids = view->ids();
  } else {
    const auto which = read_ids(io, words);
    if (!which) return fail_with(io, called_as, which.error());
    for (const std::string& id : which->ids)
      ids.push_back(QueueId::parse(id).value_or(QueueId{}));
  }
  std::size_t exported = 0;
  int status = EX_OK;
  for (const QueueId id : ids) {
    const auto stored = view->read(id);
    const Result<void> done =
        stored ? export_message(*stored, directory) : std::unexpected(stored.error());
    if (done) {
      ++exported;
      continue;
    }
    // One that can't be read must not keep the others back.
    warn(io, called_as, "{}: {}", id.to_string(), done.error().describe());
    status = exit_status(done.error());
    if (done.error().kind == ErrorKind::kNoSpace) break;
  }
  print(io, "Exported: {} message{}\n", exported, exported == 1 ? "" : "s");
  return status;
}

int list_damage(const Io& io, std::string_view called_as, const Site& site, bool is_json) {
  spool::FileSystem& fs = spool::FileSystem::posix();
  const auto items = spool::list_corrupt(fs, site.spool_directory);
  if (!items && items.error().kind != ErrorKind::kNotFound)
    return fail_with(io, called_as, items.error());
  const auto tell = [&](std::uint32_t segment, std::uint64_t offset, std::uint64_t length,
                        bool is_torn, std::string_view where, std::string_view what) {
    if (is_json) {
      const nlohmann::ordered_json out{{"segment", fmt::format("{:08x}", segment)},
                                       {"offset", offset},
                                       {"length", length},
                                       {"is_torn", is_torn},
                                       {"file", where},
                                       {"reason", printable(what)}};
      print(io, "{}\n", out.dump());
    } else {
      print(io, "{:08x} {:>10} {:>10} {:<7} {}\n", segment, offset, length,
            is_torn ? "torn" : "corrupt", where.empty() ? what : where);
    }
  };
  std::size_t corrupt = 0;
  for (const spool::CorruptItem& item : items.value_or(std::vector<spool::CorruptItem>{})) {
    corrupt += item.is_torn ? 0 : 1;
    tell(item.segment, item.offset, item.length, item.is_torn, item.path, "set aside");
  }
  const auto view = spool::SpoolView::open(fs, site.spool_directory);
  if (!view && view.error().kind != ErrorKind::kNotFound)
    return fail_with(io, called_as, view.error());
  if (view) {
    for (const spool::SpoolView::Damaged& each : view->damaged()) {
      corrupt += each.is_torn ? 0 : 1;
      tell(each.segment, each.offset, each.length, each.is_torn, "", each.reason);
    }
    view->for_each([](const spool::StoredMessage&) { return true; },
                   [&](QueueId id, const Error& error) {
                     ++corrupt;
                     tell(0, 0, 0, false, "", id.to_string() + ": " + error.describe());
                   });
  }
  return corrupt == 0 ? EX_OK : EX_DATAERR;
}

}  // namespace

int run_queue(const Io& io, std::string_view called_as, const Arguments& arguments) {
  std::optional<std::string> directory, target, salvaged;
  bool is_json = false;
  // The word between the options says what to do.
  Arguments words = arguments;
  std::string action;
  Arguments plain;
  while (true) {
    Options options(words, "c:d:");
    for (int option; (option = options.next()) != Options::kEnd;) {
      const bool is_long = option == Options::kLong;
      if (option == 'c') {
        directory = options.value();
      } else if (option == 'd') {
        target = options.value();
      } else if (is_long && options.long_name() == "json") {
        is_json = true;
      } else if (is_long && options.long_name() == "salvage" && options.take_value()) {
        salvaged = options.value();
      } else {
        return usage(io, called_as, kUsage);
      }
    }
    words = Arguments(options.rest());
    if (words.empty()) break;
    (action.empty() ? action : plain.emplace_back()) = words[0];
    words.erase(words.begin());
  }
  const auto site = open_site(directory);
  if (!site) return fail_with(io, called_as, site.error());
  if (action == "corrupt" && plain.empty()) return list_damage(io, called_as, *site, is_json);
  if (action != "export" || !target) return usage(io, called_as, kUsage);
  if (salvaged) return export_salvaged(io, called_as, *salvaged, *target);
  return export_messages(io, called_as, *site, *target, plain);
}

}  // namespace postern::tools
