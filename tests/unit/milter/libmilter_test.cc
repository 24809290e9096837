// The codec against libmilter itself: a filter of a few lines, run by smfi_main() in a child
// process, and a blocking driver around the pure parts, over a unix socket.
#include <libmilter/mfapi.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "core/base/unique_fd.h"
#include "core/milter/macros.h"
#include "core/milter/packet_writer.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/milter/packets.h"

namespace postern::milter::testing {
namespace {

// --- the filter, in the child -------------------------------------------------------------------
// The local part of the reverse-path says what it does.

std::string& seen(SMFICTX* context) { return *static_cast<std::string*>(smfi_getpriv(context)); }

sfsistat on_connect(SMFICTX* context, char* host, _SOCK_ADDR*) {
  smfi_setpriv(context, new std::string("connect=" + std::string(host) + ";"));
  return SMFIS_CONTINUE;
}

sfsistat on_mail(SMFICTX* context, char** argv) {
  std::string& text = seen(context);
  const char* id = smfi_getsymval(context, const_cast<char*>("i"));
  const std::string path = *argv;
  text += "mail=";
  for (; *argv != nullptr; ++argv)
    text += std::string(*argv) + ",";
  text += id != nullptr ? "i;" : ";";
  if (path.starts_with("<reject@")) {
    smfi_setmlreply(context, "550", "5.7.1", "one 100%%", "two", nullptr);
    return SMFIS_REJECT;
  }
  return path.starts_with("<accept@") ? SMFIS_ACCEPT : SMFIS_CONTINUE;
}

sfsistat on_rcpt(SMFICTX* context, char** argv) {
  seen(context) += std::string("rcpt=") + argv[0] + ";";
  return std::strncmp(argv[0], "<no@", 4) == 0 ? SMFIS_TEMPFAIL : SMFIS_CONTINUE;
}

sfsistat on_header(SMFICTX* context, char* name, char* value) {
  seen(context) += std::string(name) + "=" + value + ";";
  return SMFIS_CONTINUE;
}

sfsistat on_body(SMFICTX* context, unsigned char*, std::size_t length) {
  seen(context) += "body=" + std::to_string(length) + ";";
  return SMFIS_SKIP;
}

sfsistat on_end(SMFICTX* context) {
  char* const name = const_cast<char*>("X-Seen");
  smfi_progress(context);
  smfi_addheader(context, name, seen(context).data());
  smfi_insheader(context, 1, const_cast<char*>("X-Top"), const_cast<char*>(" top"));
  smfi_chgheader(context, const_cast<char*>("Subject"), 1, nullptr);
  smfi_chgfrom(context, const_cast<char*>("<new@from.example>"), const_cast<char*>("RET=HDRS"));
  smfi_addrcpt(context, const_cast<char*>("<added@b.example>"));
  smfi_addrcpt_par(context, const_cast<char*>("<par@b.example>"),
                   const_cast<char*>("NOTIFY=NEVER"));
  smfi_delrcpt(context, const_cast<char*>("<c@d.example>"));
  std::string body(100'000, 'b');
  smfi_replacebody(context, reinterpret_cast<unsigned char*>(body.data()),
                   static_cast<int>(body.size()));
  smfi_quarantine(context, const_cast<char*>("why not"));
  seen(context).clear();
  return SMFIS_CONTINUE;
}

sfsistat on_abort(SMFICTX* context) {
  if (smfi_getpriv(context) != nullptr) seen(context) += "abort;";
  return SMFIS_CONTINUE;
}

sfsistat on_close(SMFICTX* context) {
  delete static_cast<std::string*>(smfi_getpriv(context));
  smfi_setpriv(context, nullptr);
  return SMFIS_CONTINUE;
}

sfsistat on_negotiate(SMFICTX* context, unsigned long actions, unsigned long steps, unsigned long,
                      unsigned long, unsigned long* out_actions, unsigned long* out_steps,
                      unsigned long* out_2, unsigned long* out_3) {
  *out_actions = actions & SMFIF_ADDHDRS ? actions & 0x1FF : actions;
  *out_steps = steps & (SMFIP_SKIP | SMFIP_NR_HDR | SMFIP_HDR_LEADSPC | SMFIP_NOHELO |
                        SMFIP_NODATA | SMFIP_NOEOH | SMFIP_NOUNKNOWN);
  *out_2 = *out_3 = 0;
  if (actions & SMFIF_SETSYMLIST)
    smfi_setsymlist(context, SMFIM_ENVFROM, const_cast<char*>("i {mail_addr}"));
  return SMFIS_CONTINUE;
}

[[noreturn]] void run_filter(const std::string& socket, int ready) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  smfiDesc filter{};
  filter.xxfi_name = const_cast<char*>("test");
  filter.xxfi_version = SMFI_VERSION;
  filter.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY | SMFIF_ADDRCPT |
                      SMFIF_ADDRCPT_PAR | SMFIF_DELRCPT | SMFIF_CHGFROM | SMFIF_QUARANTINE |
                      SMFIF_SETSYMLIST;
  filter.xxfi_connect = on_connect;
  filter.xxfi_envfrom = on_mail;
  filter.xxfi_envrcpt = on_rcpt;
  filter.xxfi_header = on_header;
  filter.xxfi_body = on_body;
  filter.xxfi_eom = on_end;
  filter.xxfi_abort = on_abort;
  filter.xxfi_close = on_close;
  filter.xxfi_negotiate = on_negotiate;
  smfi_setconn(const_cast<char*>(("unix:" + socket).c_str()));
  const bool is_up = smfi_register(filter) == MI_SUCCESS && smfi_opensocket(true) == MI_SUCCESS;
  if (::write(ready, is_up ? "+" : "-", 1) == 1 && is_up) smfi_main();
  ::_exit(0);
}

// --- the MTA's side -----------------------------------------------------------------------------

class LibmilterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const UniqueFd ready(ends[0]);
    child_ = ::fork();
    ASSERT_GE(child_, 0);
    if (child_ == 0) run_filter(dir_ / "m", ends[1]);
    ::close(ends[1]);
    char up = 0;
    ASSERT_EQ(::read(ready.get(), &up, 1), 1);
    ASSERT_EQ(up, '+');
    connect();
  }
  void TearDown() override {
    fd_ = UniqueFd();
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
  }

  void connect() {
    fd_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = dir_ / "m";
    ASSERT_LT(path.size(), sizeof address.sun_path);
    std::memcpy(address.sun_path, path.c_str(), path.size());
    ASSERT_EQ(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0)
        << std::strerror(errno);
    const timeval limit{10, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    reader_ = PacketReader();
  }

  void flush() {
    std::string_view rest = writer_.buffer();
    while (!rest.empty()) {
      const ssize_t wrote = ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
      ASSERT_GT(wrote, 0) << std::strerror(errno);
      rest.remove_prefix(static_cast<std::size_t>(wrote));
    }
    writer_.buffer().clear();
  }

  Result<Reply> read_reply() {
    for (;;) {
      const auto packet = reader_.next();
      if (!packet) return std::unexpected(packet.error());
      if (*packet) return parse_reply(**packet);
      char octets[4096];
      const ssize_t got = ::read(fd_.get(), octets, sizeof octets);
      if (got <= 0) return fail(ErrorKind::kClosed, "libmilter closed or is silent");
      reader_.feed(std::string_view(octets, static_cast<std::size_t>(got)));
    }
  }

  Dialogue negotiated(const Offer& offer) {
    writer_.negotiate(offer.version, offer.actions, offer.steps);
    flush();
    const auto reply = read_reply();
    EXPECT_TRUE(reply) << error_of(reply);
    const auto profile = negotiate(offer, std::get<NegotiationAnswer>(reply.value()));
    EXPECT_TRUE(profile) << error_of(profile);
    writer_.set_max_data(profile->max_data_octets());
    writer_.set_keeps_leading_space(profile->keeps_leading_space());
    return Dialogue(*profile);
  }

  // Reads until a stage is answered.
  Verdict verdict(Dialogue& dialogue) {
    flush();
    while (dialogue.is_waiting()) {
      const auto reply = read_reply();
      EXPECT_TRUE(reply) << error_of(reply);
      if (!reply) break;
      const auto answer = dialogue.on_reply(*reply);
      EXPECT_TRUE(answer) << error_of(answer);
      if (!answer) break;
      if (answer->kind == Answer::Kind::kVerdict) return answer->verdict;
    }
    return {};
  }

  void hello(Dialogue& dialogue) {
    ASSERT_TRUE(dialogue.wants(Stage::kConnect));
    writer_.connect("mx.example", Family::kInet6, 25, "2001:db8::1");
    dialogue.sent(Stage::kConnect);
    EXPECT_EQ(verdict(dialogue).kind, VerdictKind::kContinue);
  }
  Verdict mail(Dialogue& dialogue, std::string_view path) {
    writer_.macros(Command::kMail, std::vector<MacroValue>{{"i", "4bN"}});
    writer_.mail(path, std::vector<std::string>{"SIZE=5"});
    dialogue.sent(Stage::kMail);
    return verdict(dialogue);
  }
  Verdict rcpt(Dialogue& dialogue, std::string_view path) {
    writer_.rcpt(path, {});
    dialogue.sent(Stage::kRcpt);
    return verdict(dialogue);
  }

  postern::testing::TempDir dir_;
  pid_t child_ = -1;
  UniqueFd fd_;
  PacketReader reader_;
  PacketWriter writer_;
};

TEST_F(LibmilterTest, AWholeMessage) {
  Dialogue dialogue = negotiated(Offer::for_version(6));
  EXPECT_EQ(dialogue.profile().version(), 6u);
  EXPECT_TRUE(dialogue.profile().keeps_leading_space());
  ASSERT_NE(dialogue.profile().macro_list(MacroStage::kMail), nullptr);
  EXPECT_EQ(*dialogue.profile().macro_list(MacroStage::kMail),
            (std::vector<std::string>{"i", "{mail_addr}"}));
  EXPECT_FALSE(dialogue.wants(Stage::kHelo));
  EXPECT_FALSE(dialogue.wants(Stage::kData));
  EXPECT_FALSE(dialogue.wants(Stage::kEndOfHeaders));
  hello(dialogue);
  EXPECT_EQ(mail(dialogue, "<a@b.example>").kind, VerdictKind::kContinue);
  EXPECT_EQ(rcpt(dialogue, "<no@d.example>").kind, VerdictKind::kTempfail);
  EXPECT_EQ(rcpt(dialogue, "<c@d.example>").kind, VerdictKind::kContinue);
  // No answer is due: one write with the body.
  for (const auto& [name, value] : {std::pair("Subject", " x"), std::pair("To", "\r\n\ty")}) {
    writer_.header(name, value);
    dialogue.sent(Stage::kHeader);
  }
  EXPECT_FALSE(dialogue.is_waiting());
  writer_.body("text\r\n");
  dialogue.sent(Stage::kBody);
  EXPECT_EQ(verdict(dialogue).kind, VerdictKind::kSkip);
  EXPECT_FALSE(dialogue.wants(Stage::kBody));
  writer_.end_of_message();
  dialogue.sent(Stage::kEndOfMessage);
  EXPECT_EQ(verdict(dialogue).kind, VerdictKind::kContinue);
  const auto all = dialogue.take_modifications();
  ASSERT_EQ(all.size(), 9u);
  EXPECT_EQ(all[0], mail::Modification(mail::AddHeader{
                        "X-Seen",
                        "connect=mx.example;mail=<a@b.example>,SIZE=5,i;rcpt=<no@d.example>;"
                        "rcpt=<c@d.example>;Subject= x;To=\r\n\ty;body=6;"}));
  EXPECT_EQ(all[1], mail::Modification(mail::InsertHeader{1, "X-Top", " top"}));
  EXPECT_EQ(all[2], mail::Modification(mail::DeleteHeader{1, "Subject"}));
  EXPECT_EQ(std::get<mail::ChangeReversePath>(all[3]).ret, mail::DsnReturn::kHeaders);
  EXPECT_EQ(std::get<mail::AddRecipient>(all[5]).recipient.notify, mail::DsnNotify::kNever);
  EXPECT_EQ(std::get<mail::DeleteRecipient>(all[6]).forward_path, mail::Mailbox("c", "d.example"));
  EXPECT_EQ(std::get<mail::ReplaceBody>(all[7]).octets, std::string(100'000, 'b') + "\r\n");
  EXPECT_EQ(all[8], mail::Modification(mail::Quarantine{"why not"}));
}

TEST_F(LibmilterTest, RefusalsAndAbort) {
  Dialogue dialogue = negotiated(Offer::for_version(6));
  hello(dialogue);
  const Verdict refused = mail(dialogue, "<reject@b.example>");
  ASSERT_EQ(refused.kind, VerdictKind::kReplyCode);
  EXPECT_EQ(refused.reply->lines(), (std::vector<std::string>{"one 100%", "two"}));
  EXPECT_EQ(refused.reply->code(), 550);
  ASSERT_TRUE(dialogue.needs_abort());
  writer_.abort();
  dialogue.aborted();
  // The same write as the next message.
  EXPECT_EQ(mail(dialogue, "<accept@b.example>").kind, VerdictKind::kAccept);
  EXPECT_FALSE(dialogue.wants(Stage::kRcpt));
  writer_.abort();
  dialogue.aborted();
  EXPECT_EQ(mail(dialogue, "<reject@b.example>").kind, VerdictKind::kReplyCode);
}

TEST_F(LibmilterTest, HeaderFieldsOnTheirWayTogether) {
  Offer offer = Offer::for_version(6);
  offer.steps = offer.steps.without(Step::kNoReplyHeader);
  Dialogue dialogue = negotiated(offer);
  hello(dialogue);
  EXPECT_EQ(mail(dialogue, "<a@b.example>").kind, VerdictKind::kContinue);
  EXPECT_EQ(rcpt(dialogue, "<c@d.example>").kind, VerdictKind::kContinue);
  for (int i = 0; i < 50; ++i) {
    writer_.header("X", " y");
    dialogue.sent(Stage::kHeader);
  }
  writer_.end_of_message();
  dialogue.sent(Stage::kEndOfMessage);
  EXPECT_EQ(dialogue.outstanding(), 51u);
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(verdict(dialogue).kind, VerdictKind::kContinue);
  EXPECT_TRUE(dialogue.take_modifications().empty());
  EXPECT_EQ(verdict(dialogue).kind, VerdictKind::kContinue);
  EXPECT_EQ(dialogue.take_modifications().size(), 9u);
}

TEST_F(LibmilterTest, QuitNewConnection) {
  Dialogue dialogue = negotiated(Offer::for_version(6));
  for (int session = 0; session < 3; ++session) {
    hello(dialogue);
    EXPECT_EQ(mail(dialogue, "<a@b.example>").kind, VerdictKind::kContinue);
    EXPECT_EQ(rcpt(dialogue, "<c@d.example>").kind, VerdictKind::kContinue);
    writer_.end_of_message();
    dialogue.sent(Stage::kEndOfMessage);
    EXPECT_EQ(verdict(dialogue).kind, VerdictKind::kContinue);
    const auto all = dialogue.take_modifications();
    ASSERT_FALSE(all.empty());
    // What the filter keeps for a connection begins anew.
    EXPECT_EQ(all[0],
              mail::Modification(mail::AddHeader{
                  "X-Seen", "connect=mx.example;mail=<a@b.example>,SIZE=5,i;rcpt=<c@d.example>;"}));
    ASSERT_TRUE(dialogue.may_restart());
    writer_.quit_new_connection();
    dialogue.restart();
  }
}

TEST_F(LibmilterTest, EveryVersionAndSize) {
  for (const std::uint32_t version : {2u, 3u, 4u, 6u}) {
    for (const std::size_t size : {kMaxData64K, kMaxData256K, kMaxData1M}) {
      const Offer offer = Offer::for_version(version, size);
      writer_ = PacketWriter();
      writer_.negotiate(offer.version, offer.actions, offer.steps);
      flush();
      const auto reply = read_reply();
      ASSERT_TRUE(reply) << version << error_of(reply);
      const auto profile = negotiate(offer, std::get<NegotiationAnswer>(*reply));
      ASSERT_TRUE(profile) << error_of(profile);
      EXPECT_EQ(profile->version(), version);
      EXPECT_LE(profile->max_data_octets(), size);
      EXPECT_TRUE(profile->may(Action::kChangeReversePath));
      connect();
    }
  }
}

}  // namespace
}  // namespace postern::milter::testing
