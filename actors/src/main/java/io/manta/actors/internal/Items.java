package io.manta.actors.internal;

/// Where the values go that a task gives before it is over, in the process that owns it.
interface Items {
  /// An attempt starts.
  ///
  /// @return how many values it may give before it hears from [SubmittedTask#credit]
  long begin();

  /// One of the attempt's values; counted from 0 again in each attempt, which is expected to give
  /// the same ones. Called in order.
  void item(long index, StoredValue value);
}
