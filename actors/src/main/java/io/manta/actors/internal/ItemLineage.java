package io.manta.actors.internal;

import io.manta.core.MantaException;
import io.manta.core.ObjectId;
import io.manta.core.ObjectLostException;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// How the large values that a task gave before it was over are made once more when the nodes that
/// held them are gone: it runs again, as far as the last of those that are lost, with the retries
/// that are left. One run gives them all, and so does an attempt that repeats them because its node
/// died under it. Keeps the closure, and of what that captured the lineage, until none of the
/// values is left.
final class ItemLineage {
  private final Recipe recipe;

  /// By their places among the values that the task gives.
  private final Map<Long, Item> items = new HashMap<>();

  /// The run that was submitted, until it is over.
  private @Nullable First first;

  private @Nullable Rerun rerun;

  /// How many there were when the last run was over.
  private int attempts;

  private boolean forgotten;

  private ItemLineage(Recipe recipe) {
    this.recipe = recipe;
  }

  /// Passes what a task gives on to its consumer, and keeps what it takes to make it again.
  ///
  /// @param end done when the task is over
  static Items of(SubmittedTask task, Ref<?> end, Items consumer) {
    var lineage = new ItemLineage(task.recipe());
    First run = lineage.new First(task, consumer);
    lineage.first = run;
    end.whenDone((value, failure) -> lineage.over(run));
    return run;
  }

  /// A value that may be lost, for as long as somebody can use it.
  private final class Item implements Large.Producer {
    private final long index;
    private final WeakReference<Large> value;

    /// What is to be read in its place.
    private final CompletableFuture<StoredValue> made = new CompletableFuture<>();

    private boolean asked;
    private boolean freed;

    Item(long index, Large value) {
      this.index = index;
      this.value = new WeakReference<>(value);
    }

    @Override
    public CompletableFuture<StoredValue> again(boolean freed) {
      ask(this, freed);
      return made;
    }

    @Override
    public boolean isRepeatable() {
      return recipe.isRepeatable();
    }

    /// One run gives many values, and is not worth it for one.
    @Override
    public boolean isCheap() {
      return false;
    }

    @Override
    public String describe() {
      return recipe.describe(running());
    }

    @Override
    public List<ObjectId> awaited() {
      return recipe.awaited(running());
    }

    @Override
    public void forget() {
      ItemLineage.this.forget(this);
    }

    @Override
    public void collected() {
      ItemLineage.this.collected(this);
    }

    /// Whether it is to be taken from the next run that gives it.
    boolean isWanted() {
      Large large = value.get();
      return !made.isDone() && (asked || (large != null && isLost(large)));
    }
  }

  /// The run for what is lost, else the one that was submitted.
  private synchronized @Nullable SubmittedTask running() {
    if (rerun != null) {
      return rerun.task;
    }
    return first == null ? null : first.task;
  }

  private boolean isLost(Large large) {
    return !large.isShelved()
        && large.holders().list().stream()
            .allMatch(holder -> recipe.runtime().cluster().isGone(holder.node()));
  }

  /// The run that was submitted, with all its attempts.
  private final class First implements Items {
    private final SubmittedTask task;
    private final Items consumer;
    private long given;

    /// What the attempt under way gives next.
    private long next;

    First(SubmittedTask task, Items consumer) {
      this.task = task;
      this.consumer = consumer;
    }

    @Override
    public long begin() {
      synchronized (ItemLineage.this) {
        next = 0;
      }
      return consumer.begin();
    }

    @Override
    public void item(long index, StoredValue value) {
      boolean repeated;
      synchronized (ItemLineage.this) {
        next = index + 1;
        repeated = index < given;
        if (!repeated) {
          given = next;
          add(index, value);
        }
      }
      consumer.item(index, value);
      if (repeated) {
        renew(index, value);
      }
    }

    /// Whether its consumer need not go on for it to give that value. Under the lock.
    boolean isComing(long index) {
      return next <= index || task.beginsAgain();
    }
  }

  /// A run for what is lost, which nobody else hears of. It is cancelled once it has given the last
  /// of that, since it may have no end.
  private final class Rerun implements Items {
    private final Ref<?> end = recipe.runtime().objects().internalRef(recipe.job());
    private final SubmittedTask task;

    /// How many values it has to give.
    private long limit;

    private long granted;
    private long next;
    private boolean served;

    Rerun(int attemptsBefore, long limit) {
      this.task = recipe.after(attemptsBefore, end);
      this.limit = limit;
      task.gives(this);
    }

    void start() {
      end.whenDone((value, failure) -> over(this, failure));
      if (recipe.wake()) {
        Turns.run(() -> recipe.begin(task)); // it may begin what it captured, and that the same
      } else {
        end.fail(recipe.exhausted());
      }
    }

    @Override
    public long begin() {
      synchronized (ItemLineage.this) {
        next = 0;
        granted = limit;
        return granted;
      }
    }

    @Override
    public void item(long index, StoredValue value) {
      renew(index, value);
      long credit;
      boolean last;
      synchronized (ItemLineage.this) {
        next = index + 1;
        limit = next < limit ? limit : needed(next);
        served |= limit <= next;
        last = served;
        credit = limit > granted ? limit : 0;
        granted = Math.max(granted, limit);
      }
      if (last) {
        end.cancel();
      } else if (credit > 0) {
        task.credit(credit);
      }
    }
  }

  /// How many values a run has to give that is about to give one. Under the lock.
  private long needed(long next) {
    return items.values().stream()
        .filter(item -> item.index >= next && item.isWanted())
        .mapToLong(item -> item.index + 1)
        .max()
        .orElse(0);
  }

  /// Under the lock.
  private void add(long index, StoredValue value) {
    if (!forgotten) {
      Recipe.losable(recipe.runtime(), value)
          .ifPresent(
              large -> {
                var item = new Item(index, large);
                items.put(index, item);
                large.producedBy(item);
              });
    }
  }

  /// A value was given once more: it takes the place of one that is lost, or is dropped.
  private void renew(long index, StoredValue value) {
    Item lost;
    synchronized (this) {
      Item item = items.get(index);
      lost = item != null && item.isWanted() ? item : null;
      if (lost != null) {
        items.remove(index);
        add(index, value);
      }
    }
    if (lost == null || !lost.made.complete(value)) {
      drop(value);
    }
  }

  private void drop(StoredValue value) {
    recipe.runtime().objects().close(value);
  }

  private void ask(Item item, boolean freed) {
    synchronized (this) {
      item.asked = true;
      item.freed = freed;
      if (rerun != null) {
        rerun.limit = Math.max(rerun.limit, item.index + 1);
      }
    }
    runForAsked();
  }

  /// Begins another run when a value is asked for that none under way is to give.
  private void runForAsked() {
    Rerun started = null;
    List<Item> lost = List.of();
    synchronized (this) {
      if (rerun != null || items.values().stream().noneMatch(this::needsRun)) {
        return;
      }
      int before = first == null ? attempts : Math.max(attempts, first.task.attempt());
      if (items.values().stream().filter(this::needsRun).allMatch(item -> item.freed)) {
        before--; // nothing was lost, so that this uses up no retry
      }
      if (recipe.mayRun(before)) {
        started = new Rerun(before, needed(0));
        rerun = started;
      } else {
        lost = wanted().stream().filter(item -> !isComing(item)).toList();
      }
    }
    if (started != null) {
      started.start();
    } else {
      fail(lost, recipe.exhausted());
    }
  }

  private boolean needsRun(Item item) {
    return item.asked && item.isWanted() && !isComing(item);
  }

  private boolean isComing(Item item) {
    return first != null && first.isComing(item.index);
  }

  private List<Item> wanted() {
    return items.values().stream().filter(Item::isWanted).toList();
  }

  private static void fail(List<Item> items, MantaException failure) {
    items.forEach(item -> item.made.completeExceptionally(failure));
  }

  private void over(First run) {
    synchronized (this) {
      first = null;
      attempts = Math.max(attempts, run.task.attempt());
    }
    runForAsked();
    forgetUnused();
    recipe.rest();
  }

  private void over(Rerun run, @Nullable MantaException failure) {
    List<Item> lost;
    synchronized (this) {
      rerun = null;
      attempts = Math.max(attempts, run.task.attempt());
      if (run.served) {
        lost = List.of();
      } else if (failure != null) {
        lost = wanted().stream().filter(item -> !isComing(item)).toList();
      } else {
        lost = wanted().stream().filter(item -> item.index >= run.next).toList();
      }
    }
    if (!lost.isEmpty()) {
      fail(lost, failure == null ? fewer(run.next) : failure);
    }
    runForAsked();
    forgetUnused();
    recipe.rest();
  }

  private ObjectLostException fewer(long given) {
    return new ObjectLostException(
        "%s gave only %d values when it was run again for those that were lost; it has to give the same ones each time"
            .formatted(recipe.what(), given));
  }

  /// Nobody uses the value any more.
  private void forget(Item item) {
    synchronized (this) {
      items.remove(item.index, item);
    }
    fail(List.of(item), new ObjectLostException("each ref to the value was closed"));
    item.made.thenAccept(this::drop); // it came, and was not asked for yet
    forgetUnused();
  }

  /// Nobody can ask for the value any more, unless another one took its place.
  private void collected(Item item) {
    synchronized (this) {
      if (item.asked && !item.made.isDone()) {
        return; // who asked still waits
      }
      items.remove(item.index, item);
    }
    forgetUnused();
  }

  private void forgetUnused() {
    Rerun useless;
    boolean unused;
    synchronized (this) {
      useless = rerun != null && wanted().isEmpty() ? rerun : null;
      if (useless != null) {
        useless.served = true;
      }
      unused = !forgotten && items.isEmpty() && first == null && rerun == null;
      forgotten |= unused;
    }
    if (useless != null) {
      useless.end.cancel();
    }
    if (unused) {
      recipe.forget();
    }
  }
}
