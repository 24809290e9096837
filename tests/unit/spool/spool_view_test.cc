// A spool read without its lock: beside its owner, after it, and damaged.
#include "core/spool/spool_view.h"

#include <gtest/gtest.h>

#include <future>

#include "core/spool/forgetting_fs.h"
#include "core/spool/store.h"

namespace postern::spool {
namespace {

class Spool {
 public:
  Spool() { open(); }
  void open() {
    auto opened = Store::open(fs, options());
    EXPECT_TRUE(opened) << opened.error().describe();
    store = std::move(*opened);
  }
  static StoreOptions options() {
    StoreOptions out;
    out.directory = "/spool";
    out.background = false;
    out.allow_volatile = true;
    out.large_content = ByteCount{1000};
    return out;
  }
  QueueId commit(std::string content) {
    auto envelope = std::make_shared<mail::Envelope>();
    envelope->reverse_path = mail::Mailbox("a", "b.example");
    envelope->recipients.push_back({mail::Mailbox("c", "d.example"), "", "", {}});
    const QueueId id = store->next_id();
    auto writer = store->new_content(id);
    EXPECT_TRUE(writer->append(content));
    auto finished = writer->finish();
    MessageState state;
    state.recipients.resize(1);
    std::promise<bool> done;
    store->commit(id, envelope, *finished, state,
                  [&done](CommitResult result) { done.set_value(result.has_value()); });
    EXPECT_TRUE(done.get_future().get());
    return id;
  }
  void change(Change change) {
    std::promise<bool> done;
    store->record(std::move(change),
                  [&done](Result<void> result) { done.set_value(result.has_value()); });
    EXPECT_TRUE(done.get_future().get());
  }
  SpoolView view() {
    auto opened = SpoolView::open(fs, "/spool");
    EXPECT_TRUE(opened) << opened.error().describe();
    return std::move(*opened);
  }

  ForgettingFs fs;
  std::unique_ptr<Store> store;
};

TEST(SpoolView, ShowsWhatIsThereBesideItsOwner) {
  Spool spool;
  const QueueId small = spool.commit("small"), large = spool.commit(std::string(5000, 'x'));
  const QueueId gone = spool.commit("gone");
  Change removal;
  removal.id = gone;
  removal.removed = true;
  spool.change(removal);
  Change hold;
  hold.id = small;
  hold.attempts = 3;
  hold.held = true;
  spool.change(hold);
  const SpoolView view = spool.view();
  EXPECT_EQ(view.ids(), (std::vector{small, large}));
  EXPECT_EQ(view.read(small)->state.attempts, 3u);
  EXPECT_TRUE(view.read(small)->state.held);
  EXPECT_EQ(read_all(*view.read(large)->content, 10'000).value_or(""), std::string(5000, 'x'));
  EXPECT_EQ(view.read(gone).error().kind, ErrorKind::kNotFound);
  EXPECT_TRUE(view.damaged().empty());
}

TEST(SpoolView, ShowsTheSameAfterItsOwnerEnded) {
  Spool spool;
  const QueueId id = spool.commit("one");
  spool.store->close();
  spool.store.reset();
  EXPECT_EQ(spool.view().ids(), std::vector{id});
  spool.open();
  const QueueId next = spool.commit("two");
  EXPECT_EQ(spool.view().ids(), (std::vector{id, next}));
}

TEST(SpoolView, ChangesNothing) {
  Spool spool;
  spool.commit("one");
  std::vector<std::string> before, after;
  spool.fs.list("/spool/log", before);
  spool.view();
  spool.fs.list("/spool/log", after);
  EXPECT_EQ(before, after);
  after.clear();
  spool.fs.list("/spool/corrupt", after);
  EXPECT_TRUE(after.empty());
}

TEST(SpoolView, DamageIsToldAndTheRestIsShown) {
  Spool spool;
  const QueueId first = spool.commit("first message");
  const QueueId second = spool.commit("second message");
  const QueueId third = spool.commit("third message");
  std::vector<std::string> names;
  spool.fs.list("/spool/log", names);
  std::string* octets = nullptr;
  for (const std::string& name : names)
    if (std::string* each = spool.fs.octets("/spool/log/" + name);
        each != nullptr && each->find("second message") != std::string::npos)
      octets = each;
  ASSERT_NE(octets, nullptr);
  (*octets)[octets->find("second message")] ^= 1;
  const SpoolView view = spool.view();
  EXPECT_EQ(view.ids(), (std::vector{first, third}));
  ASSERT_EQ(view.damaged().size(), 1u);
  EXPECT_FALSE(view.damaged()[0].is_torn);
  // The octets themselves still tell most of it.
  const auto& damaged = view.damaged()[0];
  const auto salvaged = salvage(std::string_view(*octets).substr(damaged.offset, damaged.length));
  ASSERT_TRUE(salvaged) << salvaged.error().describe();
  EXPECT_EQ(salvaged->id, second);
  EXPECT_EQ(salvaged->content->in_memory().substr(1), "econd message");
}

TEST(SpoolView, SalvageOfNonsense) {
  for (const std::size_t size : {0u, 1u, 31u, 32u, 33u, 4096u})
    EXPECT_FALSE(salvage(std::string(size, '\xff'))) << size;
}

TEST(SpoolView, NoSpool) {
  ForgettingFs fs;
  EXPECT_EQ(SpoolView::open(fs, "/none").error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace postern::spool
