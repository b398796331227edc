package io.manta.actors;

import java.util.List;
import java.util.Optional;

/// Where durable actors keep their state: for each key a snapshot and the events after it. Safe for
/// use by many threads.
public interface DurableStore extends AutoCloseable {
  /// Takes a key over, and reads what is kept of it. Every session of that key that was opened
  /// before, in whatever process, is fenced from then on. Blocks until that is certain.
  ///
  /// @param key at most 255 characters
  /// @throws io.manta.core.StateUnavailableException when it can't be certain in time; the key may
  ///   have been taken over all the same
  Session open(String key);

  @Override
  void close();

  /// The right to change the state of one key, until another session of that key is opened. For one
  /// thread at a time.
  interface Session {
    /// The last snapshot, as it was when the session was opened.
    Optional<byte[]> snapshot();

    /// The events after the snapshot, in order, as they were when the session was opened.
    List<byte[]> events();

    /// Keeps events, all or none of them. Blocks until they are safe.
    ///
    /// @throws io.manta.core.StateFencedException when the key was taken over; nothing was kept,
    ///   or, where that happened while this was under way, maybe all of it, and then the later
    ///   session has it, too
    /// @throws io.manta.core.StateUnavailableException when whether they were kept is not known;
    ///   the session is of no more use, and only another one can tell: see [#reopen]
    void append(List<byte[]> events);

    /// Keeps a snapshot in place of the one before and of all events so far. Fails as [#append].
    void snapshot(byte[] state);

    /// Keeps nothing any more of the key but that sessions before this one are fenced. Fails as
    /// [#append].
    void delete();

    /// Opens the key anew in place of this session, unless another one has taken it over: who was
    /// replaced does not take the state back. As [DurableStore#open] else. This session is of no
    /// more use, but that it may be reopened again when that failed.
    ///
    /// @throws io.manta.core.StateFencedException when the key was taken over
    /// @throws io.manta.core.StateUnavailableException when it can't be certain in time
    Session reopen();
  }
}
