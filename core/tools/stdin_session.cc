#include "core/tools/stdin_session.h"

#include "core/config/params.h"
#include "core/mail/reply.h"
#include "core/smtp/command_parser.h"
#include "core/smtp/data_reader.h"
#include "core/smtp/line_reader.h"

namespace postern::tools {
namespace {

using mail::EnhancedStatus;
using mail::Reply;
using mail::SubmissionWriter;

constexpr unsigned kMaxErrors = 20;

Reply reply(std::uint16_t code, std::uint8_t of_class, std::uint16_t subject, std::uint16_t detail,
            std::string_view text) {
  return {code, EnhancedStatus{of_class, subject, detail}, text};
}

// Mail data on its way to the file; the first error ends it.
class WriterSink final : public smtp::OctetSink {
 public:
  explicit WriterSink(SubmissionWriter& writer) : writer_(writer) {}
  void write(std::string_view octets) override {
    if (!result) return;
    result = writer_.append(octets);
  }
  Result<void> result;

 private:
  SubmissionWriter& writer_;
};

class StdinSession {
 public:
  StdinSession(const Io& io, const Site& site)
      : io_(io),
        site_(site),
        hostname_(site.settings().get(config::params::myhostname)),
        limits_(site.submission_limits()) {}

  int run() {
    send({220, std::nullopt, hostname_ + " ESMTP Postern"});
    std::string piece;
    smtp::LineReader lines({.max_line_octets = 2048,
                            .max_discard_octets = 64 * 1024,
                            .bare_lf = smtp::LineEndPolicy::kNormalize});
    while (!is_over_ && read_line(piece)) {
      std::string_view input = piece;
      while (!input.empty() && !is_over_)
        take(lines, lines.feed(input));
    }
    return EX_OK;
  }

 private:
  // Up to a line feed, so that nothing is waited for that the client has not to send yet.
  bool read_line(std::string& piece) {
    piece.clear();
    for (int c; piece.size() < 4096 && (c = std::fgetc(io_.in)) != EOF;) {
      piece.push_back(static_cast<char>(c));
      if (c == '\n') break;
    }
    return !piece.empty();
  }

  void send(const Reply& reply) {
    std::string out;
    reply.append_to(out);
    std::fwrite(out.data(), 1, out.size(), io_.out);
    std::fflush(io_.out);
    if (!reply.is_positive() && ++errors_ >= kMaxErrors) is_over_ = true;
  }

  void take(const smtp::LineReader& lines, smtp::LineReader::Status status) {
    using Status = smtp::LineReader::Status;
    switch (status) {
      case Status::kNeedMore: return;
      case Status::kLine: return command(lines.line());
      case Status::kTooLong: return send(reply(500, 5, 5, 2, "Error: line too long"));
      case Status::kBareLf:
      case Status::kFatal: is_over_ = true;
    }
  }

  void command(std::string_view line) {
    smtp::CommandOptions options;
    options.allow_bare_local_part = true;
    options.smtputf8 = site_.settings().get(config::params::smtputf8_enable);
    options.transaction_uses_smtputf8 = submission_.smtputf8;
    const auto parsed = smtp::parse_command(line, options);
    if (!parsed) return send(parsed.error().reply);
    std::visit([this](const auto& each) { handle(each); }, *parsed);
  }

  void reset() {
    submission_ = {};
    has_sender_ = false;
  }

  void handle(const smtp::HelloCommand& hello) {
    reset();
    if (hello.verb == smtp::Verb::kHelo) return send({250, std::nullopt, hostname_});
    if (hello.verb == smtp::Verb::kLhlo) return unknown();
    std::vector<std::string> lines{hostname_, "PIPELINING"};
    lines.push_back(limits_.max_content == 0 ? "SIZE"
                                             : fmt::format("SIZE {}", limits_.max_content));
    for (const char* each : {"ENHANCEDSTATUSCODES", "8BITMIME", "DSN"})
      lines.emplace_back(each);
    if (site_.settings().get(config::params::smtputf8_enable)) lines.emplace_back("SMTPUTF8");
    send({250, std::nullopt, std::move(lines)});
  }

  void handle(const smtp::MailCommand& mail) {
    if (has_sender_) return send(reply(503, 5, 5, 1, "Error: nested MAIL command"));
    if (mail.size && limits_.max_content != 0 && *mail.size > limits_.max_content)
      return send(reply(552, 5, 3, 4, "Message size exceeds fixed limit"));
    if (mail.body == mail::BodyType::kBinaryMime)
      return send(reply(501, 5, 5, 4, "Error: BINARYMIME needs CHUNKING"));
    has_sender_ = true;
    submission_.reverse_path = to_wire(mail.path);
    submission_.body = mail.body;
    submission_.smtputf8 = mail.smtputf8;
    submission_.ret = mail.ret;
    submission_.envid = mail.envid;
    send(reply(250, 2, 1, 0, "Ok"));
  }

  void handle(const smtp::RcptCommand& rcpt) {
    if (!has_sender_) return send(reply(503, 5, 5, 1, "Error: need MAIL command"));
    if (submission_.recipients.size() >= limits_.max_recipients)
      return send(reply(452, 4, 5, 3, "Error: too many recipients"));
    submission_.recipients.push_back({rcpt.path.to_wire(), rcpt.orcpt, rcpt.notify});
    send(reply(250, 2, 1, 5, "Ok"));
  }

  void handle(const smtp::DataCommand&) {
    if (submission_.recipients.empty())
      return send(has_sender_ ? reply(554, 5, 5, 1, "Error: no valid recipients")
                              : reply(503, 5, 5, 1, "Error: need RCPT command"));
    auto writer = SubmissionWriter::create(site_.maildrop, limits_);
    if (!writer) {
      fmt::print(io_.err, "sendmail: {}\n", writer.error().describe());
      return send(reply(451, 4, 3, 0, "Error: queue file write error"));
    }
    send({354, std::nullopt, "End data with <CR><LF>.<CR><LF>"});
    WriterSink sink(*writer);
    // A program on this machine, not a stranger: line ends are made right.  Here a bare LF ends
    // lines, and a bare-LF dot line the message, as with every sendmail.
    smtp::DataReaderOptions options;
    options.bare_lf = smtp::LineEndPolicy::kNormalize;
    options.bare_cr = smtp::LineEndPolicy::kNormalize;
    options.max_octets = limits_.max_content;
    smtp::DataReader reader(options);
    std::string piece;
    bool is_ended = false;
    while (!is_ended && read_line(piece)) {
      // The reader takes CRLF alone for an end; a program that writes LF gets what it means.
      if (piece.ends_with('\n') && !piece.ends_with("\r\n"))
        piece.replace(piece.size() - 1, 1, "\r\n");
      std::string_view input = piece;
      is_ended = reader.feed(input, sink);
    }
    if (!is_ended) {
      is_over_ = true;  // the client is gone: nothing was promised
      return;
    }
    finish(*writer, sink, reader);
  }

  void finish(SubmissionWriter& writer, const WriterSink& sink, const smtp::DataReader& reader) {
    if (reader.has_8bit()) submission_.body = mail::BodyType::kEightBitMime;
    if (reader.verdict() == smtp::DataVerdict::kTooBig)
      return end(reply(552, 5, 3, 4, "Error: message file too big"));
    if (reader.verdict() != smtp::DataVerdict::kClean)
      return end(reply(550, 5, 6, 0, "Error: " + std::string(to_string(reader.verdict()))));
    const auto name = sink.result ? writer.commit(submission_)
                                  : Result<std::string>(std::unexpected(sink.result.error()));
    if (name) return end(reply(250, 2, 0, 0, "Ok: queued in maildrop as " + *name));
    fmt::print(io_.err, "sendmail: {}\n", name.error().describe());
    end(name.error().kind == ErrorKind::kNoSpace
            ? reply(452, 4, 3, 1, "Insufficient system storage")
            : reply(451, 4, 3, 0, "Error: queue file write error"));
  }
  void end(const Reply& reply) {
    reset();
    send(reply);
  }

  void handle(const smtp::RsetCommand&) { end(reply(250, 2, 0, 0, "Ok")); }
  void handle(const smtp::NoopCommand&) { send(reply(250, 2, 0, 0, "Ok")); }
  void handle(const smtp::QuitCommand&) {
    send(reply(221, 2, 0, 0, "Bye"));
    is_over_ = true;
  }
  void handle(const smtp::VrfyCommand& vrfy) { send(reply(252, 2, 0, 0, vrfy.argument)); }
  void handle(const smtp::HelpCommand&) {
    send(reply(214, 2, 0, 0, "EHLO HELO MAIL RCPT DATA RSET NOOP VRFY QUIT"));
  }
  template <typename Other>
  void handle(const Other&) {
    unknown();
  }
  void unknown() { send(reply(502, 5, 5, 1, "Error: command not implemented")); }

  const Io& io_;
  const Site& site_;
  const std::string hostname_;
  const mail::SubmissionLimits limits_;
  mail::Submission submission_;
  bool has_sender_ = false;
  bool is_over_ = false;
  unsigned errors_ = 0;
};

}  // namespace

int run_stdin_session(const Io& io, const Site& site) { return StdinSession(io, site).run(); }

}  // namespace postern::tools
