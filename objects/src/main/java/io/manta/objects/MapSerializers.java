package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.Kryo;
import com.esotericsoftware.kryo.kryo5.Registration;
import com.esotericsoftware.kryo.kryo5.Serializer;
import com.esotericsoftware.kryo.kryo5.io.Input;
import com.esotericsoftware.kryo.kryo5.io.Output;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Maps, by all keys and then all values, and entries.
@SuppressWarnings({"rawtypes", "unchecked"})
final class MapSerializers {
  private MapSerializers() {}

  /// For classes that get no number.
  static void addDefaults(Kryo kryo) {
    kryo.addDefaultSerializer(Map.class, new Growing());
    kryo.addDefaultSerializer(
        TreeMap.class, new Sorted(map -> ((TreeMap) map).comparator(), TreeMap::new));
    kryo.addDefaultSerializer(
        ConcurrentSkipListMap.class,
        new Sorted(map -> ((ConcurrentSkipListMap) map).comparator(), ConcurrentSkipListMap::new));
    kryo.addDefaultSerializer(EnumMap.class, new Enums());
    wrapped(kryo, Map.of(), HashMap.class, HashMap::new, Map::copyOf);
    wrapped(kryo, Map.of(1, 1), HashMap.class, HashMap::new, Map::copyOf);
    wrapped(kryo, Collections.emptyMap(), HashMap.class, HashMap::new, m -> Collections.emptyMap());
    wrapped(
        kryo,
        Collections.singletonMap(1, 1),
        HashMap.class,
        HashMap::new,
        map -> {
          Map.Entry<?, ?> only = ((Map<?, ?>) map).entrySet().iterator().next();
          return Collections.singletonMap(only.getKey(), only.getValue());
        });
    wrapped(
        kryo,
        Collections.unmodifiableMap(new HashMap<>()),
        LinkedHashMap.class,
        LinkedHashMap::new,
        Collections::unmodifiableMap);
    wrapped(
        kryo,
        Collections.unmodifiableSortedMap(new TreeMap<>()),
        TreeMap.class,
        map -> new TreeMap((SortedMap) map),
        Collections::unmodifiableSortedMap);
    var entries = new Entries();
    kryo.addDefaultSerializer(Map.entry(0, 0).getClass(), entries);
    kryo.addDefaultSerializer(AbstractMap.SimpleEntry.class, entries);
    kryo.addDefaultSerializer(AbstractMap.SimpleImmutableEntry.class, entries);
  }

  private static <C extends Map> void wrapped(
      Kryo kryo, Map<?, ?> example, Class<C> type, Function<Map, C> copy, Function<C, Map> wrap) {
    kryo.addDefaultSerializer(
        example.getClass(), new CollectionSerializers.Wrapped<>(type, copy, wrap));
  }

  private static class Growing extends Serializer<Map> {
    @Override
    public final void write(Kryo kryo, Output output, Map map) {
      // By what is there and not by the size: another thread may change the map meanwhile.
      var keys = new ArrayList<Object>(map.size());
      var values = new ArrayList<Object>(map.size());
      for (Map.Entry<?, ?> entry : ((Map<?, ?>) map).entrySet()) {
        keys.add(entry.getKey());
        values.add(entry.getValue());
      }
      output.writeVarInt(keys.size(), true);
      writeHead(kryo, output, map);
      Elements.write(kryo, output, keys.toArray());
      Elements.write(kryo, output, values.toArray());
    }

    void writeHead(Kryo kryo, Output output, Map map) {}

    Map create(Kryo kryo, Input input, Class type, int size) {
      return type == HashMap.class ? HashMap.newHashMap(size) : (Map) kryo.newInstance(type);
    }

    @Override
    public final Map read(Kryo kryo, Input input, Class<? extends Map> type) {
      int size = ((BoundedInput) input).claim(input.readVarInt(true), 2);
      Map map = create(kryo, input, type, size);
      kryo.reference(map);
      var keys = new @Nullable Object[size];
      Elements.read(kryo, input, size, (i, key) -> keys[i] = key);
      Elements.read(kryo, input, size, (i, value) -> map.put(keys[i], value));
      return map;
    }
  }

  private static final class Sorted extends Growing {
    private final Function<Map, @Nullable Comparator> comparator;
    private final Function<@Nullable Comparator, Map> create;

    Sorted(
        Function<Map, @Nullable Comparator> comparator,
        Function<@Nullable Comparator, Map> create) {
      this.comparator = comparator;
      this.create = create;
    }

    @Override
    void writeHead(Kryo kryo, Output output, Map map) {
      kryo.writeClassAndObject(output, comparator.apply(map));
    }

    @Override
    Map create(Kryo kryo, Input input, Class type, int size) {
      return create.apply((Comparator) kryo.readClassAndObject(input));
    }
  }

  private static final class Enums extends Growing {
    private enum Probe {
      ONE
    }

    private static final Pattern TYPES = Pattern.compile("class \\S+ != class (\\S+)");

    @Override
    void writeHead(Kryo kryo, Output output, Map map) {
      kryo.writeClass(output, map.isEmpty() ? keyType((EnumMap) map, kryo) : enumOf(map));
    }

    private static Class<?> enumOf(Map map) {
      return ((Enum) map.keySet().iterator().next()).getDeclaringClass();
    }

    /// An empty map does not give away its type but by what it refuses.
    private static Class<?> keyType(EnumMap map, Kryo kryo) {
      try {
        map.clone().put(Probe.ONE, Probe.ONE);
        return Probe.class;
      } catch (ClassCastException e) {
        Matcher types = TYPES.matcher(String.valueOf(e.getMessage()));
        if (!types.matches()) {
          throw new IllegalArgumentException("an empty EnumMap can't travel; leave it out", e);
        }
        try {
          return Class.forName(types.group(1), false, kryo.getClassLoader());
        } catch (ClassNotFoundException unknown) {
          throw new IllegalArgumentException(
              "an empty EnumMap can't travel; leave it out", unknown);
        }
      }
    }

    @Override
    Map create(Kryo kryo, Input input, Class type, int size) {
      Registration keys = kryo.readClass(input);
      if (keys == null || !keys.getType().isEnum()) {
        throw new IllegalArgumentException("an EnumMap of no enum; the bytes are damaged");
      }
      return new EnumMap(keys.getType());
    }
  }

  private static final class Entries extends Serializer<Map.Entry> {
    @Override
    public void write(Kryo kryo, Output output, Map.Entry entry) {
      kryo.writeClassAndObject(output, entry.getKey());
      kryo.writeClassAndObject(output, entry.getValue());
    }

    @Override
    public Map.Entry read(Kryo kryo, Input input, Class<? extends Map.Entry> type) {
      Object key = kryo.readClassAndObject(input);
      Object value = kryo.readClassAndObject(input);
      if (AbstractMap.SimpleEntry.class.isAssignableFrom(type)) {
        return new AbstractMap.SimpleEntry<>(key, value);
      }
      return AbstractMap.SimpleImmutableEntry.class.isAssignableFrom(type)
          ? new AbstractMap.SimpleImmutableEntry<>(key, value)
          : Map.entry(key, value);
    }
  }
}
