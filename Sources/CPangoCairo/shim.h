#ifndef CPANGOCAIRO_SHIM_H
#define CPANGOCAIRO_SHIM_H

#include <pango/pangocairo.h>
#include <cairo-pdf.h>

/* GLib's types are structures within structures, which Swift does not see as one another. */

static inline void cpango_unref_layout(PangoLayout *layout) { g_object_unref(layout); }
static inline void cpango_unref_context(PangoContext *context) { g_object_unref(context); }
static inline void cpango_unref_font_map(PangoFontMap *map) { g_object_unref(map); }

/* True when there is a font at all: any is found for a family that there is not. */
static inline gboolean cpango_has_font(PangoContext *context) {
    PangoFontDescription *any = pango_font_description_new();
    pango_font_description_set_family_static(any, "sans-serif");
    PangoFont *font = pango_context_load_font(context, any);
    pango_font_description_free(any);
    if (font == NULL) return FALSE;
    g_object_unref(font);
    return TRUE;
}

/* Adds an attribute to bytes of a text; the list owns it from then on. */
static inline void cpango_add(PangoAttrList *list, PangoAttribute *attribute, guint start,
                              guint end) {
    attribute->start_index = start;
    attribute->end_index = end;
    pango_attr_list_insert(list, attribute);
}

#endif
