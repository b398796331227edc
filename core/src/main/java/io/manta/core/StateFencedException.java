package io.manta.core;

/// A change of a durable actor was refused, since a later incarnation of it has taken its state
/// over. A change that was under way when that happened may have been kept all the same.
public final class StateFencedException extends MantaException {
  public StateFencedException(String message) {
    super(Category.SYSTEM, message, null);
  }
}
