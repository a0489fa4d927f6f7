namespace Millrace.Connectors.MongoDb;

/// <summary>Where the document after an update comes from, on a live server.</summary>
public enum MongoDbUpdateImages
{
    /// <summary>It is read when the change is read.</summary>
    Lookup,

    /// <summary>The server's post-image, which must be there.</summary>
    PostImage,

    /// <summary>The server's post-image where it is there, else a lookup.</summary>
    PostImageOrLookup,
}
