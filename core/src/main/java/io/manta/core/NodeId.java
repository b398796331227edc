package io.manta.core;

import java.util.concurrent.ThreadLocalRandom;

/// One run of one node or driver process. A process that restarts has a new one.
public record NodeId(long value) {
  private static final String PREFIX = "node-";

  /// A new id, drawn at random from 2^63: two equal ones need about three billion processes.
  public static NodeId random() {
    return new NodeId(ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE));
  }

  /// Reads what [#toString] wrote.
  public static NodeId parse(String text) {
    try {
      return new NodeId(Long.parseLong(text.substring(PREFIX.length()), 36));
    } catch (IndexOutOfBoundsException | NumberFormatException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a node id; one looks like " + new NodeId(12345), e);
    }
  }

  @Override
  public String toString() {
    return PREFIX + Long.toString(value, 36);
  }
}
