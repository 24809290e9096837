#include "core/delivery/local/message_stream.h"

#include <unistd.h>

#include <algorithm>
#include <vector>

#include "core/mail/mailbox.h"

namespace postern::delivery {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

// Sees the message a line piece at a time.  A line longer than kPiece comes in several pieces; only
// the first is at the start of a line, which is all that quoting needs.
class LineForm {
 public:
  LineForm(const StreamForm& form, const StreamSink& sink) : form_(form), sink_(sink) {
    out_.reserve(kPiece + 4096);
  }

  Result<void> prologue() {
    std::string_view rest = form_.prologue;
    while (!rest.empty()) {
      const auto end = rest.find('\n');
      out_.append(rest.substr(0, end)).append(form_.line_end);
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    return flush(false);
  }

  // `text`: without its line end.  `starts` and `ends`: whether the piece does so with a line.
  Result<void> piece(std::string_view text, bool starts, bool ends) {
    if (starts && in_header_) classify(text);
    if (!dropping_ || !in_header_) {
      if (starts) quote(text);
      out_.append(text);
      if (ends) out_.append(form_.line_end);
      is_open_ = !ends;
    }
    return flush(false);
  }

  Result<void> finish() {
    if (is_open_) out_.append(form_.line_end);
    if (form_.end_blank_line) out_.append(form_.line_end);
    return flush(true);
  }

  std::uint64_t octets() const { return octets_; }

 private:
  void classify(std::string_view text) {
    constexpr std::string_view kField = "return-path:";
    if (text.empty()) {
      in_header_ = false;
    } else if (text.front() != ' ' && text.front() != '\t') {
      dropping_ = form_.drop_return_path && text.size() >= kField.size() &&
                  mail::equals_ignoring_ascii_case(text.substr(0, kField.size()), kField);
    }
  }

  void quote(std::string_view text) {
    if (form_.quote_from && text.starts_with("From ")) out_ += '>';
    if (form_.stuff_dots && text.starts_with('.')) out_ += '.';
  }

  Result<void> flush(bool all) {
    if (out_.empty() || (!all && out_.size() < kPiece)) return {};
    octets_ += out_.size();
    auto done = sink_(out_);
    out_.clear();
    return done;
  }

  const StreamForm& form_;
  const StreamSink& sink_;
  std::string out_;
  std::uint64_t octets_ = 0;
  bool in_header_ = true;
  bool dropping_ = false;
  bool is_open_ = false;  // the last line given out has no end yet
};

// Cuts what has been read into lines; keeps the unfinished rest for the next read.
class Splitter {
 public:
  explicit Splitter(LineForm& lines) : lines_(lines) {}

  Result<void> feed(std::string_view octets) {
    rest_.append(octets);
    std::size_t from = 0;
    for (std::size_t end; (end = rest_.find("\r\n", from)) != std::string::npos; from = end + 2) {
      if (auto ok = emit(std::string_view(rest_).substr(from, end - from), true); !ok) return ok;
    }
    rest_.erase(0, from);
    if (rest_.size() < kPiece) return {};
    // A CR at the cut may be half of a line end: it stays for the next round.
    const std::size_t keep = rest_.back() == '\r' ? 1 : 0;
    auto ok = emit(std::string_view(rest_).substr(0, rest_.size() - keep), false);
    rest_.erase(0, rest_.size() - keep);
    return ok;
  }

  Result<void> finish() {
    if (rest_.empty()) return {};
    return emit(rest_, false);
  }

 private:
  Result<void> emit(std::string_view text, bool ends) {
    const bool starts = at_start_;
    at_start_ = ends;
    return lines_.piece(text, starts, ends);
  }

  LineForm& lines_;
  std::string rest_;
  bool at_start_ = true;
};

Result<void> feed_all(const mail::Content& content, Splitter& splitter) {
  if (const auto view = content.in_memory(); !view.empty()) {
    for (std::size_t at = 0; at < view.size(); at += kPiece)
      if (auto ok = splitter.feed(view.substr(at, kPiece)); !ok) return ok;
    return {};
  }
  std::vector<char> buffer(kPiece);
  std::uint64_t at = 0;
  while (at < content.size()) {
    const auto got = content.read_at(at, buffer);
    if (!got) return std::unexpected(got.error());
    if (*got == 0)
      return fail(ErrorKind::kCorrupt, "message ends after {} of {} octets", at, content.size());
    if (auto ok = splitter.feed({buffer.data(), *got}); !ok) return ok;
    at += *got;
  }
  return {};
}

}  // namespace

Result<std::uint64_t> stream_message(const mail::Content& content, const StreamForm& form,
                                     const StreamSink& sink) {
  LineForm lines(form, sink);
  Splitter splitter(lines);
  auto ok = lines.prologue();
  if (ok) ok = feed_all(content, splitter);
  if (ok) ok = splitter.finish();
  if (ok) ok = lines.finish();
  if (!ok) return std::unexpected(ok.error());
  return lines.octets();
}

StreamSink write_to(int fd, std::string name) {
  return [fd, name = std::move(name)](std::string_view octets) -> Result<void> {
    while (!octets.empty()) {
      const ssize_t wrote = ::write(fd, octets.data(), octets.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return fail_errno("cannot write " + name);
      octets.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return {};
  };
}

}  // namespace postern::delivery
