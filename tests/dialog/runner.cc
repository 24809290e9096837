// Runs one dialogue file; exit 0: all went as written, 1: not, with the line that failed.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <regex>
#include <sstream>
#include <stdexcept>

#include "core/base/log.h"
#include "tests/dialog/script.h"
#include "tests/dialog/site_settings.h"
#include "tests/support/smtp_site.h"

namespace postern::dialog {
namespace {

using testing::SiteSetup;
using testing::SmtpPeer;
using testing::SmtpSite;

class Failure : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

void expect(bool fine, const std::string& text) {
  if (!fine) throw Failure(text);
}

class Runner {
 public:
  Runner(const std::vector<Line>& script, const std::string& log_file)
      : log_file_(log_file), site_([&](SiteSetup& setup) {
          for (const Line& line : script) {
            if (line.keyword != "set") break;
            const std::size_t space = line.argument.find(' ');
            apply_setting(line.argument.substr(0, space),
                          space == std::string::npos ? "" : line.argument.substr(space + 1), setup);
          }
        }) {}

  void run(const Line& line) {
    const std::string& keyword = line.keyword;
    if (keyword == "set") return;
    if (!peer_ || keyword == "connect") peer_ = std::make_unique<SmtpPeer>(site_.address());
    if (keyword == "C:" || keyword == "C>") {
      for (std::size_t i = 0; i < line.times; ++i)
        to_send_ += line.argument + (keyword == "C:" ? "\r\n" : "");
      return;
    }
    flush();
    if (keyword == "S:") {
      for (std::size_t i = 0; i < line.times; ++i)
        expect_reply(line.argument);
    } else if (keyword == "closed") {
      const std::string reply = peer_->reply();
      expect(reply.empty(), "a reply came: " + reply);
      expect(peer_->is_closed(), "the connection is still open");
    } else if (keyword == "shut") {
      peer_->finish_sending();
    } else if (keyword == "starttls") {
      expect(peer_->start_tls(), "the handshake failed");
    } else if (keyword == "messages") {
      expect(fmt::format("{}", site_.sink.size()) == line.argument,
             fmt::format("there are {}", site_.sink.size()));
    } else if (keyword == "log:") {
      expect(std::regex_search(log_text(), std::regex(line.argument)), "log is:\n" + log_text());
    } else if (keyword != "--" && keyword != "connect") {
      check_message(keyword, line.argument);
    }
  }

  // What is left to send at the end of the file.
  void flush() {
    if (!to_send_.empty()) peer_->send(std::exchange(to_send_, {}));
  }

 private:
  void expect_reply(const std::string& wanted) {
    const std::string reply = peer_->reply();
    expect(reply.starts_with(wanted.substr(0, 3)), "the reply is: " + reply);
    if (wanted.size() > 4)
      expect(std::regex_search(reply, std::regex(wanted.substr(4))), "the reply is: " + reply);
  }

  // Our Received field and its folds, and what is behind it.
  static std::pair<std::string, std::string> split_received(const std::string& content) {
    std::size_t end = content.find("\r\n");
    while (end != std::string::npos && content.compare(end + 2, 1, "\t") == 0)
      end = content.find("\r\n", end + 2);
    if (end == std::string::npos) return {content, ""};
    return {content.substr(0, end), content.substr(end + 2)};
  }

  void check_message(const std::string& keyword, const std::string& wanted) {
    const auto messages = site_.sink.messages();
    expect(!messages.empty(), "there is no message");
    const testing::StoredMail& last = messages.back();
    const auto [received, content] = split_received(last.content);
    if (keyword == "content:") {
      expect(content == wanted, "it is: " + content);
    } else if (keyword == "received:") {
      expect(std::regex_search(received, std::regex(wanted)), "it is: " + received);
    } else if (keyword == "from:") {
      const std::string from = "<" + mail::to_wire(last.envelope.reverse_path) + ">";
      expect(from == wanted, "it is " + from);
    } else if (keyword == "to:") {
      std::string to;
      for (const auto& recipient : last.envelope.recipients)
        to += (to.empty() ? "" : " ") + recipient.forward_path.to_wire();
      expect(to == wanted, "it is " + to);
    } else {
      throw Failure("what is " + keyword + "?");
    }
  }

  std::string log_text() const {
    log::flush();
    std::ifstream file(log_file_);
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
  }

  std::string log_file_;
  SmtpSite site_;
  std::unique_ptr<SmtpPeer> peer_;
  std::string to_send_;
};

int run_file(const std::string& path) {
  const testing::TempDir directory;
  const std::string log_file = directory / "log";
  const auto configured = log::configure({.file = log_file, .hostname = "mx"});
  if (!configured) throw std::runtime_error(configured.error().describe());
  const std::vector<Line> script = read_script(path);
  Runner runner(script, log_file);
  for (const Line& line : script) {
    try {
      runner.run(line);
    } catch (const std::exception& error) {
      fmt::print(stderr, "{}:{}: {} {}\n  {}\n", path, line.number, line.keyword, line.argument,
                 error.what());
      return 1;
    }
  }
  runner.flush();
  return 0;
}

}  // namespace
}  // namespace postern::dialog

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: dialog_runner FILE\n");
    return 64;
  }
  try {
    return postern::dialog::run_file(argv[1]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", argv[1], error.what());
    return 1;
  }
}
