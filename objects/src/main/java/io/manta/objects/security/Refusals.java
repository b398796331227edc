package io.manta.objects.security;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.slf4j.Logger;

/// Warns of what came from elsewhere and was refused: each with its reason, but of a flood only the
/// first few of a kind in a while, and then how many more there were. Safe for use by many threads.
public final class Refusals {
  static final int MOST = 10;
  static final Duration WHILE = Duration.ofSeconds(10);
  private static final int LONGEST = 300;
  private static final int KIND = 40;
  private static final int MOST_KINDS = 64;

  private final Logger log;
  private final LongSupplier clock;
  private final Map<String, Integer> inWhile = new HashMap<>();
  private long begun;

  public Refusals(Logger log) {
    this(log, System::nanoTime);
  }

  Refusals(Logger log, LongSupplier clock) {
    this.log = log;
    this.clock = clock;
    this.begun = clock.getAsLong();
  }

  /// @param what came, such as `a connection from 10.0.0.5:4711`
  /// @param reason as a part of a sentence; its first words are its kind
  public synchronized void refused(String what, String reason) {
    long now = clock.getAsLong();
    if (now - begun > WHILE.toNanos()) {
      inWhile.forEach(this::tellRest);
      inWhile.clear();
      begun = now;
    }
    String text = printable(reason);
    String kind = text.substring(0, Math.min(KIND, text.length()));
    boolean known = inWhile.containsKey(kind) || inWhile.size() < MOST_KINDS;
    if (inWhile.merge(known ? kind : "for other reasons", 1, Integer::sum) <= MOST) {
      log.warn("{} was refused: {}", what, text);
    }
  }

  private void tellRest(String kind, int count) {
    if (count > MOST) {
      log.warn("{} more were refused: {}…", count - MOST, kind);
    }
  }

  /// In one line of bounded length, whatever the other side made it contain.
  private static String printable(String text) {
    String line = text.replaceAll("\\p{Cntrl}+", " ");
    return line.length() > LONGEST ? line.substring(0, LONGEST) + "…" : line;
  }
}
