package io.manta.sharding;

import java.util.List;
import java.util.Locale;

/// What keeps a promise when something fails. Tests of tests switch one off, to see that they
/// notice: a checker that finds nothing then proves nothing.
public enum Safeguard {
  /// Tasks and calls that died with a node are made again.
  RETRIES,
  /// What a link receives a second time is dropped.
  DEDUPLICATION,
  /// A durable actor changes nothing once another one has taken its state over.
  FENCING;

  /// The property that names those that are off, separated by commas. It is read where something
  /// fails, and nowhere else, so that it costs nothing.
  public static final String PROPERTY = "manta.test.without";

  public boolean isOff() {
    String off = System.getProperty(PROPERTY);
    return off != null && List.of(off.split(",")).contains(name().toLowerCase(Locale.ROOT));
  }
}
