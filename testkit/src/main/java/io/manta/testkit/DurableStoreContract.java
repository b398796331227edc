package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.DurableStore;
import io.manta.actors.DurableStore.Session;
import io.manta.core.StateFencedException;
import io.manta.core.StateUnavailableException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What every store of durable actors has to do: tests to extend. They use keys of their own, so
/// that they may run on a store that is in use. Needs JUnit Jupiter and AssertJ on the class path.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
public abstract class DurableStoreContract {
  private static final int TEN_MEGABYTES = 10_000_000;

  private final List<DurableStore> stores = new ArrayList<>();
  private final String key = "contract-" + UUID.randomUUID();

  /// A store of the same state as those before it, as another process would have one. The test
  /// closes it.
  protected abstract DurableStore openStore() throws Exception;

  private DurableStore store() throws Exception {
    DurableStore store = openStore();
    stores.add(store);
    return store;
  }

  @AfterEach
  void closeStores() {
    stores.forEach(DurableStore::close);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static List<String> events(Session session) {
    return session.events().stream()
        .map(event -> new String(event, StandardCharsets.UTF_8))
        .toList();
  }

  private static void assertFenced(Session session) {
    assertThatThrownBy(() -> session.append(List.of(bytes("late"))))
        .isInstanceOf(StateFencedException.class);
    assertThatThrownBy(() -> session.snapshot(bytes("late")))
        .isInstanceOf(StateFencedException.class);
    assertThatThrownBy(session::delete).isInstanceOf(StateFencedException.class);
  }

  @Test
  void shouldHaveNothingOfANewKey() throws Exception {
    Session session = store().open(key);

    assertThat(session.snapshot()).isEmpty();
    assertThat(session.events()).isEmpty();
  }

  @Test
  void shouldKeepEventsInOrder() throws Exception {
    DurableStore store = store();
    Session first = store.open(key);
    first.append(List.of(bytes("one")));
    first.append(List.of(bytes("two"), bytes("three")));
    assertThat(first.events()).as("as they were when it was opened").isEmpty();

    Session second = store.open(key);
    assertThat(events(second)).containsExactly("one", "two", "three");
    second.append(List.of(bytes("four")));

    assertThat(events(store.open(key))).containsExactly("one", "two", "three", "four");
  }

  @Test
  void shouldKeepASnapshotInPlaceOfEvents() throws Exception {
    DurableStore store = store();
    Session first = store.open(key);
    first.append(List.of(bytes("one"), bytes("two")));
    first.snapshot(bytes("old"));
    first.snapshot(bytes("new"));
    first.append(List.of(bytes("three")));

    Session second = store.open(key);
    assertThat(second.snapshot()).hasValue(bytes("new"));
    assertThat(events(second)).containsExactly("three");
  }

  @Test
  void shouldKeepNothingThatWasDeleted() throws Exception {
    DurableStore store = store();
    Session session = store.open(key);
    session.snapshot(bytes("state"));
    session.append(List.of(bytes("one")));
    session.delete();

    Session next = store.open(key);
    assertThat(next.snapshot()).isEmpty();
    assertThat(next.events()).isEmpty();
    assertFenced(session);
  }

  @Test
  void shouldBeginAgainAfterDeletion() throws Exception {
    DurableStore store = store();
    Session old = store.open(key);
    Session session = store.open(key);
    session.append(List.of(bytes("one")));
    session.delete();
    session.append(List.of(bytes("two")));

    assertFenced(old);
    assertThat(events(store.open(key))).containsExactly("two");
  }

  @Test
  void shouldFenceTheSessionsBefore() throws Exception {
    DurableStore store = store();
    Session first = store.open(key);
    first.append(List.of(bytes("one")));
    Session second = store.open(key);
    assertFenced(first);
    second.append(List.of(bytes("two")));
    assertFenced(first);
    Session third = store.open(key);
    assertFenced(first);
    assertFenced(second);

    assertThat(third.snapshot()).isEmpty();
    assertThat(events(third)).containsExactly("one", "two");
  }

  @Test
  void shouldGoOnWhenItIsReopened() throws Exception {
    Session first = store().open(key);
    first.append(List.of(bytes("one")));
    Session second = first.reopen();
    assertThat(events(second)).containsExactly("one");
    assertFenced(first);
    second.append(List.of(bytes("two")));

    assertThat(events(second.reopen())).containsExactly("one", "two");
  }

  @Test
  void shouldNotTakeBackWhatWasTakenOver() throws Exception {
    Session first = store().open(key);
    Session second = store().open(key);
    assertThatThrownBy(first::reopen).isInstanceOf(StateFencedException.class);
    second.append(List.of(bytes("two")));
    assertThatThrownBy(first::reopen).isInstanceOf(StateFencedException.class);

    assertThat(events(second.reopen())).containsExactly("two");
  }

  @Test
  void shouldFenceSessionsOfOtherStores() throws Exception {
    Session here = store().open(key);
    here.append(List.of(bytes("here")));
    Session there = store().open(key);

    assertThat(events(there)).containsExactly("here");
    assertFenced(here);
    there.append(List.of(bytes("there")));
    assertThat(events(store().open(key))).containsExactly("here", "there");
  }

  @Test
  void shouldKeepStateWhenItsStoreIsClosed() throws Exception {
    DurableStore first = store();
    Session session = first.open(key);
    session.snapshot(bytes("state"));
    session.append(List.of(bytes("one")));
    first.close();

    Session next = store().open(key);
    assertThat(next.snapshot()).hasValue(bytes("state"));
    assertThat(events(next)).containsExactly("one");
  }

  @Test
  void shouldRefuseChangesWhenItsStoreIsClosed() throws Exception {
    DurableStore store = store();
    Session session = store.open(key);
    store.close();

    assertThatThrownBy(() -> session.append(List.of(bytes("one"))))
        .isInstanceOf(StateUnavailableException.class);
  }

  @Test
  void shouldTellKeysApart() throws Exception {
    DurableStore store = store();
    var keys = List.of(key, key.toUpperCase(Locale.ROOT), key + " ", key + "ä", key + "a");
    List<Session> sessions = new ArrayList<>();
    for (String each : keys) {
      sessions.add(store.open(each));
    }
    for (int i = 0; i < keys.size(); i++) {
      sessions.get(i).append(List.of(bytes(keys.get(i))));
    }

    for (String each : keys) {
      assertThat(events(store.open(each))).containsExactly(each);
    }
  }

  @Test
  void shouldTakeLongKeys() throws Exception {
    DurableStore store = store();
    String longest = key + "k".repeat(255 - key.length());
    String wide = key + "\u20ac".repeat(255 - key.length());
    store.open(longest).append(List.of(bytes("narrow")));
    store.open(wide).append(List.of(bytes("wide")));

    assertThat(events(store.open(longest))).containsExactly("narrow");
    assertThat(events(store.open(wide))).containsExactly("wide");
  }

  @Test
  void shouldKeepEveryByte() throws Exception {
    DurableStore store = store();
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    Session session = store.open(key);
    session.snapshot(all);
    session.append(List.of(all, new byte[0]));

    Session next = store.open(key);
    assertThat(next.snapshot()).hasValue(all);
    assertThat(next.events()).containsExactly(all, new byte[0]);
  }

  @Test
  void shouldTellAnEmptySnapshotFromNone() throws Exception {
    DurableStore store = store();
    store.open(key).snapshot(new byte[0]);

    assertThat(store.open(key).snapshot()).hasValue(new byte[0]);
  }

  @Test
  void shouldTakeNoEventsAtAll() throws Exception {
    DurableStore store = store();
    Session session = store.open(key);
    session.append(List.of());
    session.append(List.of(bytes("one")));

    assertThat(events(store.open(key))).containsExactly("one");
  }

  @Test
  void shouldKeepLargeState() throws Exception {
    DurableStore store = store();
    byte[] large = new byte[TEN_MEGABYTES];
    new Random(1).nextBytes(large);
    Session session = store.open(key);
    session.snapshot(large);

    assertThat(store.open(key).snapshot()).hasValue(large);
  }

  @Test
  void shouldKeepManyEventsAtOnce() throws Exception {
    DurableStore store = store();
    var many = IntStream.range(0, 1_000).mapToObj(i -> bytes("event " + i)).toList();
    store.open(key).append(many);

    assertThat(store.open(key).events()).containsExactlyElementsOf(many);
  }

  @Test
  void shouldLeaveOneSessionOfThoseOpenedTogether() throws Exception {
    var both = List.of(store(), store());
    List<Session> sessions =
        together(
            IntStream.range(0, 8)
                .<Callable<Session>>mapToObj(i -> () -> both.get(i % 2).open(key))
                .toList());

    var kept = new AtomicInteger();
    together(
        sessions.stream()
            .<Callable<Boolean>>map(
                session ->
                    () -> {
                      try {
                        session.append(List.of(bytes("mine")));
                        kept.incrementAndGet();
                      } catch (StateFencedException e) {
                        // another one has it
                      }
                      return true;
                    })
            .toList());
    assertThat(kept).hasValue(1);
    assertThat(events(store().open(key))).containsExactly("mine");
  }

  /// Each contestant takes the key over and adds events until it is fenced. What one was told to be
  /// kept is there, and no event of a session comes after one of a later session.
  @Test
  void shouldKeepWhatWasSaidToBeKeptWhenManyCompete() throws Exception {
    int contestants = 4;
    int rounds = 10;
    List<DurableStore> theirs = new ArrayList<>();
    for (int i = 0; i < contestants; i++) {
      theirs.add(store());
    }
    var sessions = new AtomicInteger();
    List<Integer> told =
        together(
                theirs.stream()
                    .<Callable<List<Integer>>>map(store -> () -> compete(store, sessions, rounds))
                    .toList())
            .stream()
            .flatMap(List::stream)
            .toList();

    List<Integer> kept =
        store().open(key).events().stream().map(event -> ByteBuffer.wrap(event).getInt()).toList();
    assertThat(kept).containsExactlyInAnyOrderElementsOf(told);
    List<Integer> turns = new ArrayList<>();
    for (int i = 0; i < kept.size(); i++) {
      int session = kept.get(i) / 100;
      if (turns.isEmpty() || turns.getLast() != session) {
        turns.add(session);
      } else {
        assertThat(kept.get(i)).as("order in %s", kept).isEqualTo(kept.get(i - 1) + 1);
      }
    }
    assertThat(turns).as("sessions in %s", kept).doesNotHaveDuplicates();
  }

  private List<Integer> compete(DurableStore store, AtomicInteger sessions, int rounds) {
    List<Integer> told = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      Session session = store.open(key);
      int number = sessions.incrementAndGet() * 100;
      try {
        for (int i = 0; i < 20; i++) {
          session.append(List.of(ByteBuffer.allocate(4).putInt(number + i).array()));
          told.add(number + i);
        }
      } catch (StateFencedException e) {
        // the next round takes it back
      }
    }
    return told;
  }

  private static <T> List<T> together(List<Callable<T>> calls) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<T> results = new ArrayList<>();
      for (Future<T> result : threads.invokeAll(calls)) {
        results.add(result.get());
      }
      return results;
    }
  }
}
