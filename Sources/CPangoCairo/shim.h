#ifndef CPANGOCAIRO_SHIM_H
#define CPANGOCAIRO_SHIM_H

#include <pango/pangocairo.h>
#include <cairo-pdf.h>

/* GLib's types are structures within structures, which Swift does not see as one another. */

static inline void cpango_unref_layout(PangoLayout *layout) { g_object_unref(layout); }
static inline void cpango_unref_context(PangoContext *context) { g_object_unref(context); }
static inline void cpango_unref_font_map(PangoFontMap *map) { g_object_unref(map); }

/* How many families of fonts there are. */
static inline int cpango_family_count(PangoFontMap *map) {
    PangoFontFamily **families = NULL;
    int count = 0;
    pango_font_map_list_families(map, &families, &count);
    g_free(families);
    return count;
}

/* Adds an attribute to bytes of a text; the list owns it from then on. */
static inline void cpango_add(PangoAttrList *list, PangoAttribute *attribute, guint start,
                              guint end) {
    attribute->start_index = start;
    attribute->end_index = end;
    pango_attr_list_insert(list, attribute);
}

#endif
