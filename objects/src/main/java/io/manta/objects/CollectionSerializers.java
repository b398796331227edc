package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.Kryo;
import com.esotericsoftware.kryo.kryo5.Serializer;
import com.esotericsoftware.kryo.kryo5.io.Input;
import com.esotericsoftware.kryo.kryo5.io.Output;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Arrays of objects and collections. What can be changed is made empty and filled, so that it may
/// be part of itself; what can't be is made of its elements.
@SuppressWarnings({"rawtypes", "unchecked"})
final class CollectionSerializers {
  private CollectionSerializers() {}

  /// For classes that get no number.
  static void addDefaults(Kryo kryo) {
    kryo.addDefaultSerializer(Object[].class, new Arrayed());
    kryo.addDefaultSerializer(Collection.class, new Growing());
    kryo.addDefaultSerializer(
        TreeSet.class, new Sorted(s -> ((TreeSet) s).comparator(), TreeSet::new));
    kryo.addDefaultSerializer(
        ConcurrentSkipListSet.class,
        new Sorted(s -> ((ConcurrentSkipListSet) s).comparator(), ConcurrentSkipListSet::new));
    kryo.addDefaultSerializer(
        PriorityQueue.class, new Sorted(s -> ((PriorityQueue) s).comparator(), PriorityQueue::new));
    kryo.addDefaultSerializer(
        ConcurrentHashMap.newKeySet().getClass(),
        new Growing() {
          @Override
          Collection create(Kryo kryo, Input input, Class type, int size) {
            return ConcurrentHashMap.newKeySet();
          }
        });
    addMade(kryo);
  }

  @SuppressWarnings("JdkObsolete") // lists without random access are another class
  private static void addMade(Kryo kryo) {
    made(kryo, Arrays.asList(1), all -> Arrays.asList(all));
    made(kryo, List.of(), CollectionSerializers::immutable);
    made(kryo, List.of(1), CollectionSerializers::immutable);
    made(kryo, List.of(1, 2, 3).subList(0, 1), CollectionSerializers::immutable);
    made(kryo, Set.of(), all -> Set.copyOf(Arrays.asList(all)));
    made(kryo, Set.of(1), all -> Set.copyOf(Arrays.asList(all)));
    made(kryo, new CopyOnWriteArrayList<>(), CopyOnWriteArrayList::new);
    made(kryo, new CopyOnWriteArraySet<>(), all -> new CopyOnWriteArraySet<>(Arrays.asList(all)));
    made(kryo, Collections.emptyList(), all -> Collections.emptyList());
    made(kryo, Collections.emptySet(), all -> Collections.emptySet());
    made(kryo, Collections.singletonList(1), all -> Collections.singletonList(all[0]));
    made(kryo, Collections.singleton(1), all -> Collections.singleton(all[0]));
    made(
        kryo,
        Collections.nCopies(1, 1),
        all -> Collections.nCopies(all.length, all.length == 0 ? null : all[0]));
    made(
        kryo,
        Collections.unmodifiableCollection(List.of()),
        all -> Collections.unmodifiableCollection(Arrays.asList(all)));
    made(
        kryo,
        Collections.unmodifiableList(new ArrayList<>()),
        all -> Collections.unmodifiableList(Arrays.asList(all)));
    made(
        kryo,
        Collections.unmodifiableList(new LinkedList<>()),
        all -> Collections.unmodifiableList(new LinkedList<>(Arrays.asList(all))));
    made(
        kryo,
        Collections.unmodifiableSet(new HashSet<>()),
        all -> Collections.unmodifiableSet(new LinkedHashSet<>(Arrays.asList(all))));
    kryo.addDefaultSerializer(
        Collections.unmodifiableSortedSet(new TreeSet<>()).getClass(),
        new Wrapped<SortedSet, TreeSet>(
            TreeSet.class, TreeSet::new, Collections::unmodifiableSortedSet));
  }

  private static void made(
      Kryo kryo, Collection<?> example, Function<@Nullable Object[], Object> make) {
    kryo.addDefaultSerializer(example.getClass(), new Made(make));
  }

  /// `Stream.toList()` has the class of `List.of`, and may hold nulls.
  private static Object immutable(@Nullable Object[] elements) {
    return Arrays.asList(elements).contains(null)
        ? Arrays.stream(elements).toList()
        : List.of(elements);
  }

  private static final class Arrayed extends Serializer<@Nullable Object[]> {
    @Override
    public void write(Kryo kryo, Output output, @Nullable Object[] array) {
      output.writeVarInt(array.length, true);
      Elements.write(kryo, output, array);
    }

    @Override
    public @Nullable Object[] read(
        Kryo kryo, Input input, Class<? extends @Nullable Object[]> type) {
      int size = Elements.readSize(input);
      var array = (@Nullable Object[]) Array.newInstance(type.getComponentType(), size);
      kryo.reference(array);
      Elements.read(kryo, input, size, (i, element) -> array[i] = element);
      return array;
    }
  }

  private static class Growing extends Serializer<Collection> {
    @Override
    public final void write(Kryo kryo, Output output, Collection collection) {
      Object[] elements = collection.toArray();
      output.writeVarInt(elements.length, true);
      writeHead(kryo, output, collection);
      Elements.write(kryo, output, elements);
    }

    void writeHead(Kryo kryo, Output output, Collection collection) {}

    Collection create(Kryo kryo, Input input, Class type, int size) {
      if (type == ArrayList.class) {
        return new ArrayList(size);
      }
      return type == HashSet.class ? HashSet.newHashSet(size) : (Collection) kryo.newInstance(type);
    }

    @Override
    public final Collection read(Kryo kryo, Input input, Class<? extends Collection> type) {
      int size = Elements.readSize(input);
      Collection collection = create(kryo, input, type, size);
      kryo.reference(collection);
      Elements.read(kryo, input, size, (i, element) -> collection.add(element));
      return collection;
    }
  }

  private static final class Sorted extends Growing {
    private final Function<Collection, @Nullable Comparator> comparator;
    private final Function<@Nullable Comparator, Collection> create;

    Sorted(
        Function<Collection, @Nullable Comparator> comparator,
        Function<@Nullable Comparator, Collection> create) {
      this.comparator = comparator;
      this.create = create;
    }

    @Override
    void writeHead(Kryo kryo, Output output, Collection collection) {
      kryo.writeClassAndObject(output, comparator.apply(collection));
    }

    @Override
    Collection create(Kryo kryo, Input input, Class type, int size) {
      return create.apply((Comparator) kryo.readClassAndObject(input));
    }
  }

  private static final class Made extends Serializer<Object> {
    private final Function<@Nullable Object[], Object> make;

    Made(Function<@Nullable Object[], Object> make) {
      this.make = make;
    }

    @Override
    public void write(Kryo kryo, Output output, Object collection) {
      Object[] elements = ((Collection<?>) collection).toArray();
      output.writeVarInt(elements.length, true);
      Elements.write(kryo, output, elements);
    }

    @Override
    public Object read(Kryo kryo, Input input, Class<?> type) {
      var elements = new @Nullable Object[Elements.readSize(input)];
      Elements.read(kryo, input, elements.length, (i, element) -> elements[i] = element);
      return make.apply(elements);
    }
  }

  /// What wraps another collection or map.
  static final class Wrapped<W, C> extends Serializer<W> {
    private final Class<C> type;
    private final Function<W, C> copy;
    private final Function<C, W> wrap;

    Wrapped(Class<C> type, Function<W, C> copy, Function<C, W> wrap) {
      this.type = type;
      this.copy = copy;
      this.wrap = wrap;
    }

    @Override
    public void write(Kryo kryo, Output output, W value) {
      kryo.writeObject(output, copy.apply(value));
    }

    @Override
    public W read(Kryo kryo, Input input, Class<? extends W> ignored) {
      return wrap.apply(type.cast(kryo.readObject(input, type)));
    }
  }
}
