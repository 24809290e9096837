#include "tests/crash/scenario.h"

namespace postern::crash {
namespace {

using namespace std::chrono_literals;

// Past every retry and every late delivery.
constexpr auto kLongWait = 600s;

void play_accept(const Begin& begin) {
  const auto world = begin();
  if (!world->start()) return;
  world->accept(1, {"ok.example"});
  world->advance(kLongWait);
  world->stop();
}

void play_deliver(const Begin& begin) {
  const auto world = begin();
  if (!world->start()) return;
  world->accept(2, {"ok.example", "later.example"});
  world->advance(kLongWait);
  world->stop();
}

void play_large(const Begin& begin) {
  const auto world = begin();
  if (!world->start()) return;
  world->accept(kLargeSeed + 3, {"ok.example", "later.example"});
  world->advance(kLongWait);
  world->maintain();
  world->stop();
}

void play_report(const Begin& begin) {
  const auto world = begin();
  if (!world->start()) return;
  world->accept(4, {"no.example", "ok.example"});
  world->advance(kLongWait);
  world->stop();
}

// Several lives: segments fill, die, are compacted and deleted; large files come and go; mail is
// left over for the next life.
void play_lives(const Begin& begin) {
  std::uint64_t seed = 100;
  for (int life = 0; life < 3; ++life) {
    const auto world = begin();
    if (!world->start()) return;
    for (int round = 0; round < 4; ++round) {
      world->accept(seed++, {"ok.example"});
      world->accept_together({seed, seed + 1, seed + 2, kLargeSeed + seed, seed + 3}, "ok.example");
      seed += 4;
      world->accept(seed++, {"later.example", "ok.example", "no.example"});
    }
    world->maintain();
    if (life != 1) world->advance(kLongWait);
    world->accept(seed++, {"later.example"});
    world->maintain();
    world->maintain();
    world->stop();
  }
}

constexpr Scenario kScenarios[] = {
    {"accept", true, play_accept}, {"deliver", true, play_deliver}, {"report", true, play_report},
    {"large", false, play_large},  {"lives", false, play_lives},
};

}  // namespace

std::span<const Scenario> scenarios() { return kScenarios; }

spool::StoreOptions store_options(const std::string& directory) {
  spool::StoreOptions out;
  out.directory = directory;
  out.allow_volatile = true;  // what the harness's temporary directory is on does not matter
  out.segment_size = ByteCount{8u << 10};
  out.large_content = ByteCount{32u << 10};
  out.compaction_dead_share = 0.5;
  out.min_free_inodes = 0;
  out.background = false;
  return out;
}

}  // namespace postern::crash
