package io.manta.scheduler;

import io.manta.core.Resources;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/// What this process may use of the quota of a job: what the job's own process, which has its
/// [JobQuota], granted it. What work needs beyond that is asked for; what was unused for a while is
/// given back, sooner when others wait for it. Safe for use by many threads; does not block.
public final class QuotaShare {
  static final long UNUSED_NANOS = Duration.ofMillis(100).toNanos();

  /// The same when others wait for it: what was just granted is about to be used.
  private static final long SOON_NANOS = Duration.ofMillis(5).toNanos();

  /// How long it is kept for work that waits for room on this node.
  static final long NO_ROOM_NANOS = Duration.ofSeconds(2).toNanos();

  /// After how long it is said again what is wanted, and what nobody asked for again is wanted no
  /// more.
  static final long AGAIN_NANOS = Duration.ofSeconds(1).toNanos();

  /// For how long it is said again, in case that it was not heard.
  private static final long ACTIVE_NANOS = 5 * AGAIN_NANOS;

  /// How long it goes from one piece of work to the next here although others wait.
  private static final long QUANTUM_NANOS = LeaseTimes.QUANTUM.toNanos();

  /// What work of one kind waits for.
  ///
  /// @param count how often that
  /// @param urgencyNanos for how long it has waited, and its priority
  /// @param returning whether it is for a task that gave it back for a while
  public record Wish(Resources each, int count, long urgencyNanos, boolean returning) {
    Wish without(int granted) {
      return new Wish(each, count - granted, urgencyNanos, returning);
    }
  }

  /// What the job's own process is told.
  ///
  /// @param heard the number of the last grant that arrived
  /// @param held what this process has, with that
  /// @param kept of it by what does not end by itself
  public record Report(long heard, Resources held, Resources kept, List<Wish> wishes) {
    public Report {
      wishes = List.copyOf(wishes);
    }
  }

  private record Key(Resources each, boolean returning) {}

  private record Wanted(Wish wish, long nanos) {}

  private final Resources quota;
  private final LongSupplier clock;
  private final Runnable changed;
  private final long madeNanos;
  private final Map<Key, Wanted> wanted = new LinkedHashMap<>();
  private Resources held = Resources.NONE;
  private Resources used = Resources.NONE;
  private Resources kept = Resources.NONE;
  private JobQuota.Usage usage = JobQuota.Usage.NONE;
  private long heard;
  private long version;
  private boolean othersWait;
  private boolean lifted;

  /// When it was granted something last.
  private long grantedNanos;

  /// Since when something is unused, if something is.
  private long unusedNanos;

  /// When there was no room on this node for work that there was enough of the quota for.
  private long noRoomNanos;

  /// When there was too little for some work, or what it has changed.
  private long activeNanos;

  private long reportedNanos;
  private long answeredNanos;

  /// @param quota of the job
  /// @param clock nanoseconds, as of [System#nanoTime]
  /// @param changed called when there is something to report, under a lock
  QuotaShare(Resources quota, LongSupplier clock, Runnable changed) {
    this.quota = quota;
    this.clock = clock;
    this.changed = changed;
    long now = clock.getAsLong();
    this.madeNanos = now;
    this.noRoomNanos = now - NO_ROOM_NANOS;
    this.activeNanos = now;
    this.reportedNanos = now;
    this.answeredNanos = now;
  }

  /// How often some amounts can be taken and leave so much of each of them.
  public static int fits(Resources free, Resources left, Resources each, int most) {
    long count = most;
    for (String name : each.names()) {
      count = Math.min(count, (free.units(name) - left.units(name)) / each.units(name));
    }
    return (int) Math.max(0, count);
  }

  /// The part of what work asks for that the quota limits.
  private Resources limited(Resources asked) {
    return lifted ? Resources.NONE : asked.only(quota);
  }

  /// Takes what work asks for, all or nothing.
  ///
  /// @param returning whether it gave that back for a while, and so is first
  public synchronized boolean tryTake(Resources asked, boolean returning) {
    Resources part = limited(asked);
    if (part.isEmpty()) {
      return true;
    }
    if (lacks(part) || (!returning && isReturnWanted())) {
      activeNanos = clock.getAsLong();
      return false;
    }
    wanted.remove(new Key(part, returning));
    used = used.plus(part);
    return true;
  }

  private boolean lacks(Resources part) {
    return !held.cover(used.plus(part).only(part));
  }

  private boolean isReturnWanted() {
    return wanted.keySet().stream().anyMatch(Key::returning);
  }

  /// Work that could not take it waits for it.
  ///
  /// @param count for how many of its kind there is room
  synchronized void want(Resources asked, int count, long urgencyNanos, boolean returning) {
    Resources part = limited(asked);
    if (part.isEmpty() || count == 0) {
      return;
    }
    var wish = new Wish(part, count, urgencyNanos, returning);
    Wanted before = wanted.put(new Key(part, returning), new Wanted(wish, clock.getAsLong()));
    if (before == null || before.wish.count() < count) {
      changed.run();
    }
  }

  /// What was taken is not used after all, since this node has no room for it.
  synchronized void noRoom(Resources asked) {
    used = used.minus(limited(asked));
    noRoomNanos = clock.getAsLong();
  }

  /// Work is over, or waits for a value.
  public synchronized void giveBack(Resources asked) {
    Resources part = limited(asked);
    if (part.isEmpty()) {
      return;
    }
    used = used.minus(part);
    unusedNanos = clock.getAsLong();
    if (isDue()) {
      held = held.minus(part);
      activeNanos = unusedNanos;
      changed.run();
    }
  }

  /// Whether others have waited for long enough.
  private boolean isDue() {
    return othersWait && clock.getAsLong() - grantedNanos >= QUANTUM_NANOS;
  }

  /// Whether what becomes free is for others first, rather than for the next of the same kind.
  synchronized boolean isOwed() {
    return isDue() || isReturnWanted();
  }

  /// Whether work waits for the quota, and not for room: there is too little of it here, and as far
  /// as is known everywhere.
  synchronized boolean stops(Resources asked) {
    Resources part = limited(asked);
    return !part.isEmpty()
        && lacks(part)
        && (isUnanswered() || !quota.minus(usage.inUse()).cover(part));
  }

  /// Whether nothing was heard of the job's process though it was asked again and again.
  private boolean isUnanswered() {
    return reportedNanos - answeredNanos > 2 * AGAIN_NANOS;
  }

  /// Whether there is too little of it here.
  synchronized boolean isLacking(Resources asked) {
    Resources part = limited(asked);
    return !part.isEmpty() && lacks(part);
  }

  /// What was taken is for something that does not end by itself.
  public synchronized void keep(Resources asked) {
    kept = kept.plus(limited(asked));
  }

  /// That is over.
  public synchronized void keepNoMore(Resources asked) {
    kept = kept.minus(limited(asked));
  }

  /// What all processes have, as far as is known here.
  public synchronized JobQuota.Usage usage() {
    return usage;
  }

  /// What is to be told. What was granted and is not used yet is not wished for again.
  public synchronized Report report() {
    reportedNanos = clock.getAsLong();
    Resources unused = held.minus(used);
    List<Wish> wishes =
        wanted.values().stream()
            .map(Wanted::wish)
            .filter(wish -> !unused.cover(wish.each))
            .toList();
    return new Report(heard, held, kept, wishes);
  }

  /// @return whether it has more than before
  public synchronized boolean answered(JobQuota.Answer answer) {
    boolean granted = answer.number() == heard + 1 && !lifted;
    if (granted) {
      heard++;
      held = held.plus(answer.granted());
      grantedNanos = clock.getAsLong();
      unusedNanos = grantedNanos;
      activeNanos = grantedNanos;
    }
    answeredNanos = clock.getAsLong();
    if (answer.version() > version) {
      version = answer.version();
      usage = answer.usage();
      othersWait = answer.othersWait();
    }
    return granted;
  }

  /// Gives back what is unused for long enough; every now and then, and after each answer.
  ///
  /// @return whether there is something to report
  public synchronized boolean tick() {
    long now = clock.getAsLong();
    wanted.values().removeIf(each -> now - each.nanos > AGAIN_NANOS);
    boolean waitsForRoom = now - noRoomNanos < 2 * UNUSED_NANOS;
    long keeps = waitsForRoom ? NO_ROOM_NANOS : othersWait ? SOON_NANOS : UNUSED_NANOS;
    boolean givesBack = !held.equals(used) && now - unusedNanos >= keeps;
    if (givesBack) {
      held = used;
      activeNanos = now;
    }
    boolean again = now - activeNanos < ACTIVE_NANOS && now - reportedNanos >= AGAIN_NANOS;
    return givesBack || again;
  }

  long madeNanos() {
    return madeNanos;
  }

  /// The job is over: what is left of it, or begins again, is not limited any more.
  synchronized void lift() {
    lifted = true;
    wanted.clear();
  }
}
